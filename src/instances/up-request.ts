import type { CheckSpec, Lab } from '../lab/lab.ts';
import type { Report } from '../report/report.ts';
import type { ProcessIdentity } from '../support/process-identity.ts';

/** What `up` is asked for. */
export interface UpRequest {
  lab: Lab;
  /** Name of the instance; the lab's own if not given. */
  name?: string;
  provider: string;
  image: string;
  accel?: string;
  sshPort?: number;
  /** Boot every machine, though a saved one could be resumed. */
  cold?: boolean;
  /** Leaves the machines up whatever fails. */
  keep: boolean;
  /** Whether the lab's checks are run, if it has any. */
  test: boolean;
  /** The checks, where they are not those of the lab. */
  checks?: readonly CheckSpec[];
  /** The process that wants the instance for itself and will take it down. */
  owner?: ProcessIdentity;
  /** Whether the machines are saved once they are verified, so that the next time they are resumed. */
  save: boolean;
  /** Milliseconds each machine may take to boot. */
  bootBudget?: number;
  /** Told what the checks found as soon as it is known: saving takes a while after that. */
  onReport?: (report: Report) => void;
}

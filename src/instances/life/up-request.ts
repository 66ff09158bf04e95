import type { CheckSpec, Lab } from '../../lab/lab.ts';
import type { Report } from '../../report/report.ts';
import type { ProcessIdentity } from '../../support/process-identity.ts';
import type { Show } from '../../support/step.ts';
import type { RunningLab } from '../running.ts';

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
}

/** What checks found on an instance, and the directory of what explains it where one of them failed. */
export interface Verified {
  readonly report: Report;
  readonly bundle?: string;
}

/** Runs checks on a lab that is up; who brings one up is handed it, and need not know what a check is. */
export type Verify = (
  running: RunningLab,
  specs: readonly CheckSpec[],
  show: Show,
  signal: AbortSignal,
) => Promise<Verified>;

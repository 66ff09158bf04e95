import type { Capture } from '../capture/capture.ts';
import type { Lab } from '../lab/lab.ts';
import type { Guest } from './guest.ts';

/** The ways to a running lab. */
export interface LabAccess {
  readonly lab: Lab;
  guest(node: string): Promise<Guest>;
  capture(node: string, segment: string): Promise<Capture>;
  readonly signal?: AbortSignal;
  /** Seconds that the failing requests of a burst may take before it is given up; the default of a burst if not given. */
  readonly patience?: number;
}

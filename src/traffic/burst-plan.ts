import type { Guest } from '../guest/guest.ts';
import type { Service } from '../lab/lab.ts';

/** The part of a guest that making requests takes. */
export type Runner = Pick<Guest, 'run'>;

/** Requests that a client is to make of a service, one after the other. */
export interface BurstPlan {
  readonly client: string;
  readonly service: Service;
  readonly count: number;
  /** Of letters and digits; no other burst has it. */
  readonly token: string;
  /** What is requested; `/` if not given. Over TCP. */
  readonly path?: string;
  /** Seconds that failing requests may take, all together; 45 if not given. */
  readonly patience?: number | undefined;
}

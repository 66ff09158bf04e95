import type { ZodType } from 'zod';
import type { Guest } from '../guest/guest.ts';
import type { Lab, Service } from '../lab/lab.ts';
import type { Capture } from '../providers/provider.ts';
import type { Observation } from './observation.ts';

/**
 * `fail`: the lab runs and does not do what its file promises. `error`: the check could not look (a guest was lost, a
 * capture broke), which says nothing of the promise. `skip`: the promise does not apply to this lab.
 */
export type Status = 'pass' | 'fail' | 'error' | 'skip';

/** What a verdict rests on, for a person to read: lines as a terminal shows them, or a table. */
export type Evidence =
  | { readonly title: string; readonly lines: readonly string[] }
  | { readonly title: string; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };

/** What a check found. */
export interface Outcome {
  readonly status: Status;
  /** One line. */
  readonly summary: string;
  readonly evidence: readonly Evidence[];
}

export interface Verdict extends Outcome {
  /** The check's name; with `/` and its services where the lab asks for it more than once. */
  readonly check: string;
  /** What its own work took, without the requests, which all checks share. */
  readonly seconds: number;
}

/** The ways to a running lab. */
export interface LabAccess {
  readonly lab: Lab;
  guest(node: string): Promise<Guest>;
  capture(node: string, segment: string): Promise<Capture>;
  readonly signal?: AbortSignal;
  /** Seconds that the failing requests of a burst may take before it is given up; the default of a burst if not given. */
  readonly patience?: number;
}

export interface CheckContext extends LabAccess {
  readonly observation: Observation;
}

/** Which services, and from which clients, a check looks at; all where nothing is said. */
export interface Scope {
  readonly services?: readonly string[] | undefined;
  readonly clients?: readonly string[] | undefined;
}

/** One assertion on a running lab. */
export interface Check<Options extends Scope> {
  readonly name: string;
  /** What it promises, in one line. */
  readonly summary: string;
  /** Strict, with a default for every option, so that `{}` is valid. */
  readonly options: ZodType<Options>;
  /** Whether it reads the packets of the requests, so that they are captured. */
  readonly packets?: boolean;
  /** Whether it changes the lab while it runs, and mends it again: it then has the lab to itself. */
  readonly disturbs?: boolean;
  /** Names of nodes that the options hold, which must be nodes of the lab. */
  nodes?(options: Options): readonly string[];
  /** How many requests it wants to see each client make of a service; absent when it needs none. */
  requests?(options: Options, service: Service): number;
  /** @throws LabError when it could not look; the runner makes that an `error`. */
  run(context: CheckContext, options: Options): Promise<Outcome>;
}

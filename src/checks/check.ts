import type { ZodType } from 'zod';
import type { LabAccess } from '../guest/access.ts';
import type { Service } from '../lab/lab.ts';
import type { Observation } from '../traffic/observation.ts';
import type { Scope } from '../traffic/scope.ts';
import type { Outcome } from '../verdicts/verdict.ts';

export interface CheckContext extends LabAccess {
  readonly observation: Observation;
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
  /**
   * The options with which it sees as much where nothing but these nodes was touched; absent when it always looks at all.
   * A sabotage that breaks two machines of seven need not have all of them rebooted, twice.
   */
  about?(options: Options, touched: readonly string[]): Options;
  /** How many requests it wants to see each client make of a service; absent when it needs none. */
  requests?(options: Options, service: Service): number;
  /** @throws LabError when it could not look; the runner makes that an `error`. */
  run(context: CheckContext, options: Options): Promise<Outcome>;
}

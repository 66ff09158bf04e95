import type { NodeCommand } from '../lab/lab.ts';

/** What goes wrong when a cause is in force, to be compared with what was seen. */
export interface Effect {
  /** Real servers whose answers the clients do not get. */
  readonly lost?: readonly string[];
  /** How a lost request ends at the client. */
  readonly how?: 'timeout' | 'refused';
  /** Whether some requests are lost and others to the same server are not. */
  readonly sometimes?: boolean;
  /** Whether the requests are answered, but not by whom they should be. */
  readonly turns?: boolean;
  /** Checks that see it, though requests are answered. */
  readonly checks?: readonly string[];
}

/** What mends it: a command on a node, or one of `lab` itself, such as `start`, for the instance. */
export type Remedy = NodeCommand | { readonly lab: string };

/** One thing that is wrong, on one node. */
export interface Cause {
  /** Name of the hypothesis that was judged. */
  readonly hypothesis: string;
  readonly node: string;
  /** One line: what is wrong there, with the values. */
  readonly what: string;
  /** A command that shows it. */
  readonly show: Remedy;
  /** In order. */
  readonly mend: readonly Remedy[];
  readonly effect: Effect;
  /** Whether counters on the node say that it has happened: packets dropped by this very rule or check. */
  readonly counted?: boolean;
  /** Whether it is only where requests fail that it is likely at all: a node may be slow, and well. */
  readonly doubtful?: boolean;
}

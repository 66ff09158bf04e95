/** One step of a longer job, as plain data: whoever shows the progress runs it. */
export interface Step {
  title: string;
  /** Does the work; a text it gives becomes the step's closing remark. */
  run?: (progress: StepProgress, signal: AbortSignal) => Promise<string | undefined>;
  /** Steps done at the same time, each shown by itself. */
  parts?: Step[];
  /** How many of the parts are done at the same time; all of them if not given. */
  atOnce?: number;
  /** Whether the other parts go on when one has failed; else they are ended. */
  independent?: boolean;
}

export interface StepProgress {
  /** Tells one line of what goes on. */
  say(line: string): void;
  /** Runs steps within this one, which tells of them. */
  show: Show;
}

/**
 * Runs steps in order and shows their progress; throws the error of the first that fails. Cleaning up is not
 * interruptible: Ctrl-C has already been heard then.
 */
export type Show = (steps: Step[], options?: { interruptible?: boolean }) => Promise<void>;

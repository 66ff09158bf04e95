/** One step of a longer job, as plain data: whoever shows the progress runs it, and gives back what it gave. */
export interface Step<T = unknown> {
  readonly title: string;
  /** Does the work. */
  readonly run?: Run<T>;
  /** What is said of it behind its title when it is done. */
  remark?(value: T): string | undefined;
  /** Whether it is shown as one that failed, for what it gave; for parts that are independent. */
  failed?(value: T): boolean;
  /** Steps done at the same time, each shown by itself; what they give is what the step gives. */
  readonly parts?: readonly Step[];
  /** How many of the parts are done at the same time; all of them if not given. */
  readonly atOnce?: number;
  /** Whether the other parts go on when one has failed; else they are ended. */
  readonly independent?: boolean;
}

/** The work of a step. */
export type Run<T> = (progress: StepProgress, signal: AbortSignal) => Promise<T>;

export interface StepProgress {
  /** Tells one line of what goes on. */
  say(line: string): void;
  /** Runs steps within this one, which tells of them. */
  show: Show;
}

export interface ShowOptions {
  /** False for cleaning up: Ctrl-C has already been heard then. */
  readonly interruptible?: boolean | undefined;
}

/** Runs steps, shows their progress and gives what they give; throws the error of the first that fails. */
export interface Show {
  step<T>(title: string, run: Run<T>, options?: Pick<Step<T>, 'remark'> & ShowOptions): Promise<T>;
  /** One step whose parts are done at the same time. Gives what each of them gives, in the order of the parts. */
  parts<T>(
    title: string,
    parts: readonly Step<T>[],
    options?: Pick<Step, 'atOnce' | 'independent'> & ShowOptions,
  ): Promise<T[]>;
  /** Steps one after the other, of which those to come are seen from the beginning. Gives what each of them gives. */
  steps<T>(steps: readonly Step<T>[], options?: ShowOptions): Promise<T[]>;
}

/** What shows progress, by what it does with a list of steps. */
export const showBy = (steps: Show['steps']): Show => ({
  steps,
  step: async <T>(title: string, run: Run<T>, { interruptible, ...more }: Pick<Step<T>, 'remark'> & ShowOptions = {}) =>
    only(await steps([{ title, run, ...more }], { interruptible })),
  parts: async (title, parts, { interruptible, ...more } = {}) =>
    only(await steps([together(title, parts, more)], { interruptible })),
});

/** A step whose parts are done at the same time. */
export const together = <T>(
  title: string,
  parts: readonly Step<T>[],
  options: Pick<Step, 'atOnce' | 'independent'> = {},
): Step<T[]> => ({ title, parts, ...options });

const only = <T>([value]: T[]): T => value as T;

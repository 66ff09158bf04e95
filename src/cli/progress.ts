import { type Show, type Step, type StepProgress, showBy } from '../support/step.ts';
import type { Display } from './progress-display.ts';
import { listDisplay } from './progress-list.ts';
import { displayWithin, plainDisplay } from './progress-plain.ts';

export interface ProgressOptions {
  /** Where progress is shown; results have stdout for themselves. */
  stream?: NodeJS.WriteStream;
  /** A live list instead of plain lines; by default where the stream is a terminal that can show one. */
  interactive?: boolean;
  /** Show nothing. */
  quiet?: boolean;
  signal?: AbortSignal;
}

/** Whether a stream is a terminal on which a live list can be drawn. */
export const canShowList = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && stream.columns >= 20 && process.env.TERM !== 'dumb' && !process.env.CI;

/**
 * Runs steps one after the other, the parts of a step at the same time, and shows their progress. When a part fails, the
 * signal of its siblings is aborted (unless they are independent), and all have ended when the error is thrown.
 * @returns what each of the steps gave
 * @throws the error of the first step that failed, unchanged; the signal's reason when that was aborted before: what a
 * step says of its end then is no news.
 */
export const runSteps = async <T>(
  steps: readonly Step<T>[],
  {
    stream = process.stderr,
    interactive = canShowList(stream),
    quiet = false,
    signal = neverAborted(),
  }: ProgressOptions = {},
): Promise<T[]> => {
  // An empty list is drawn as an empty line.
  if (steps.length === 0) return [];
  const plain = () => plainDisplay(steps, (line) => stream.write(`${line}\n`));
  return await runAll(steps, quiet ? silentDisplay : interactive ? listDisplay(steps, stream) : plain(), signal);
};

const runAll = async <T>(steps: readonly Step<T>[], display: Display, signal: AbortSignal): Promise<T[]> => {
  const values: T[] = [];
  try {
    for (const step of steps) values.push((await runStep(step, display, signal)).value);
  } finally {
    await display.close();
  }
  return values;
};

/** What a step gave, and whether it is shown as one that failed for that. */
interface Ended<T> {
  readonly value: T;
  readonly failed: boolean;
}

const runStep = async <T>(step: Step<T>, display: Display, signal: AbortSignal): Promise<Ended<T>> => {
  signal.throwIfAborted();
  display.started(step);
  try {
    const show: Show['steps'] = (steps, { interruptible = true } = {}) =>
      runAll(steps, displayWithin(display, step, steps), interruptible ? signal : neverAborted());
    const progress: StepProgress = { say: (line) => display.said(step, line), show: showBy(show) };
    const own = await step.run?.(progress, signal);
    const parts = step.parts && (await runParts(step, step.parts, display, signal));
    // What a step gives is typed by whoever makes it: by its work, or by its parts.
    const value = (parts ? parts.map((part) => part.value) : own) as T;
    const failed = parts?.some((part) => part.failed) || step.failed?.(value) || false;
    if (failed) display.failed(step, false);
    else display.done(step, step.remark?.(value));
    return { value, failed };
  } catch (error) {
    const stopped = signal.aborted;
    display.failed(step, stopped);
    throw stopped ? signal.reason : error;
  }
};

const runParts = async (
  step: Step,
  parts: readonly Step[],
  display: Display,
  signal: AbortSignal,
): Promise<Ended<unknown>[]> => {
  const siblings = new AbortController();
  const either = AbortSignal.any([signal, siblings.signal]);
  let first: { error: unknown } | undefined;
  // All workers take from one iterator, so each part is taken once.
  const waiting = parts.entries();
  const ended: Ended<unknown>[] = [];
  const work = async (): Promise<void> => {
    for (const [index, part] of waiting) {
      try {
        ended[index] = await runStep(part, display, either);
      } catch (error) {
        first ??= { error };
        if (!step.independent) siblings.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: step.atOnce ?? parts.length }, work));
  if (first) throw first.error;
  return ended;
};

const neverAborted = (): AbortSignal => new AbortController().signal;

const silentDisplay: Display = { started() {}, said() {}, done() {}, failed() {}, close: async () => {} };

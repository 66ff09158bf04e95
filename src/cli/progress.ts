import type { Step, StepProgress } from '../support/step.ts';
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
 * @throws the error of the first step that failed, unchanged; the signal's reason when that was aborted before: what a
 * step says of its end then is no news.
 */
export const runSteps = async (
  steps: Step[],
  {
    stream = process.stderr,
    interactive = canShowList(stream),
    quiet = false,
    signal = neverAborted(),
  }: ProgressOptions = {},
): Promise<void> => {
  // An empty list is drawn as an empty line.
  if (steps.length === 0) return;
  const plain = () => plainDisplay(steps, (line) => stream.write(`${line}\n`));
  await runAll(steps, quiet ? silentDisplay : interactive ? listDisplay(steps, stream) : plain(), signal);
};

const runAll = async (steps: Step[], display: Display, signal: AbortSignal): Promise<void> => {
  try {
    for (const step of steps) await runStep(step, display, signal);
  } finally {
    await display.close();
  }
};

const runStep = async (step: Step, display: Display, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  display.started(step);
  try {
    const progress: StepProgress = {
      say: (line) => display.said(step, line),
      show: (steps, { interruptible = true } = {}) =>
        runAll(steps, displayWithin(display, step, steps), interruptible ? signal : neverAborted()),
    };
    const remark = await step.run?.(progress, signal);
    if (step.parts) await runParts(step, step.parts, display, signal);
    display.done(step, remark);
  } catch (error) {
    const stopped = signal.aborted;
    display.failed(step, stopped);
    throw stopped ? signal.reason : error;
  }
};

const runParts = async (step: Step, parts: Step[], display: Display, signal: AbortSignal): Promise<void> => {
  const siblings = new AbortController();
  const either = AbortSignal.any([signal, siblings.signal]);
  let first: { error: unknown } | undefined;
  // All workers take from one iterator, so each part is taken once.
  const waiting = parts.values();
  const work = async (): Promise<void> => {
    for (const part of waiting) {
      await runStep(part, display, either).catch((error: unknown) => {
        first ??= { error };
        if (!step.independent) siblings.abort();
      });
    }
  };
  await Promise.all(Array.from({ length: step.atOnce ?? parts.length }, work));
  if (first) throw first.error;
};

const neverAborted = (): AbortSignal => new AbortController().signal;

const silentDisplay: Display = { started() {}, said() {}, done() {}, failed() {}, close: async () => {} };

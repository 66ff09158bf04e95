import type { Step } from '../support/step.ts';
import type { Display } from './progress-display.ts';
import { listDisplay } from './progress-list.ts';
import { plainDisplay } from './progress-plain.ts';

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
 * signal of its siblings is aborted, and all have ended when the error is thrown.
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
  const display = quiet ? silentDisplay : interactive ? listDisplay(steps, stream) : plainDisplay(steps, stream);
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
    const remark = await step.run?.({ say: (line) => display.said(step, line) }, signal);
    if (step.parts) await runParts(step.parts, display, signal);
    display.done(step, remark);
  } catch (error) {
    const stopped = signal.aborted;
    display.failed(step, stopped);
    throw stopped ? signal.reason : error;
  }
};

const runParts = async (parts: Step[], display: Display, signal: AbortSignal): Promise<void> => {
  const siblings = new AbortController();
  const either = AbortSignal.any([signal, siblings.signal]);
  let first: { error: unknown } | undefined;
  await Promise.all(
    parts.map((part) =>
      runStep(part, display, either).catch((error: unknown) => {
        first ??= { error };
        siblings.abort();
      }),
    ),
  );
  if (first) throw first.error;
};

const neverAborted = (): AbortSignal => new AbortController().signal;

const silentDisplay: Display = { started() {}, said() {}, done() {}, failed() {}, close: async () => {} };

import type { Step } from '../support/step.ts';
import type { Display } from './progress-display.ts';
import { cleanLines, closingLine } from './progress-text.ts';

/** Progress as lines that stand for themselves, for logs: what begins, each thing said, how it ended and how long it took. */
export const plainDisplay = (steps: readonly Step[], print: (line: string) => void): Display => {
  const top = new Set(steps);
  const begun = new Map<Step, number>();
  const printOf = (step: Step, line: string) => print(`${top.has(step) ? '' : '  '}${line}`);
  const closing = (step: Step, remark?: string) =>
    closingLine(step.title, performance.now() - (begun.get(step) ?? performance.now()), remark);
  return {
    started(step) {
      begun.set(step, performance.now());
      if (top.has(step)) printOf(step, `• ${step.title}`);
    },
    said(step, text) {
      for (const line of cleanLines(text)) print(`  ${step.title}: ${line}`);
    },
    done: (step, remark) => printOf(step, `✓ ${closing(step, remark)}`),
    failed: (step, stopped) => printOf(step, stopped ? `- ${closing(step, 'stopped')}` : `✗ ${closing(step)}`),
    close: async () => {},
  };
};

/** Steps within another step: what would be printed of them is what that one says. */
export const displayWithin = (outer: Display, step: Step, steps: readonly Step[]): Display =>
  plainDisplay(steps, (line) => outer.said(step, line.trimStart()));

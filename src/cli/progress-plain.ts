import type { Step } from '../support/step.ts';
import type { Display } from './progress-display.ts';
import { cleanLines, closingLine } from './progress-text.ts';

/** Progress as lines that stand for themselves, for logs: what begins, each thing said, how it ended and how long it took. */
export const plainDisplay = (steps: Step[], stream: NodeJS.WritableStream): Display => {
  const top = new Set(steps);
  const begun = new Map<Step, number>();
  const print = (step: Step, line: string) => stream.write(`${top.has(step) ? '' : '  '}${line}\n`);
  const closing = (step: Step, remark?: string) =>
    closingLine(step.title, performance.now() - (begun.get(step) ?? performance.now()), remark);
  return {
    started(step) {
      begun.set(step, performance.now());
      if (top.has(step)) print(step, `• ${step.title}`);
    },
    said(step, text) {
      for (const line of cleanLines(text)) stream.write(`  ${step.title}: ${line}\n`);
    },
    done: (step, remark) => print(step, `✓ ${closing(step, remark)}`),
    failed: (step, stopped) => print(step, stopped ? `- ${closing(step, 'stopped')}` : `✗ ${closing(step)}`),
    close: async () => {},
  };
};

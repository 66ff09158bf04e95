import {
  DefaultRenderer,
  figures,
  Listr,
  ListrDefaultRendererLogLevels,
  ListrLogger,
  type ListrTask,
  ProcessOutput,
} from 'listr2';
import type { Step } from '../support/step.ts';
import type { Display } from './progress-display.ts';
import { cleanLines, closingLine, duration } from './progress-text.ts';

/** Milliseconds between two updates of the time that running steps have taken. */
const TICK = 1000;

/** listr2 would draw only where stdout is a terminal; this draws on stderr, wherever stdout goes. */
class ListRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

interface Row {
  /** Resolved when the step ended well, rejected when the list closes before. */
  readonly ended: PromiseWithResolvers<void>;
  /** The same for the moment its parts begin. */
  readonly partsBegun: PromiseWithResolvers<void>;
  /** What listr2 shows of it, once listr2 has come to it; a quick step has ended by then. */
  shown?: { title: string; output: string };
  title: string;
  line?: string;
}

/** Progress as a live list on a terminal. listr2 only draws: what runs when, and what a failure means, is not its task. */
export const listDisplay = (steps: readonly Step[], stream: NodeJS.WriteStream): Display => {
  const rows = new Map<Step, Row>();
  const begun = new Map<Step, number>();
  const parentOf = new Map<Step, Step>();
  const rowOf = (step: Step) => rows.get(step) as Row;
  const retitle = (step: Step, title: string) => {
    const row = rowOf(step);
    row.title = title;
    if (row.shown) row.shown.title = title;
  };

  const taskOf = (step: Step): ListrTask<unknown, typeof ListRenderer> => {
    const row: Row = { ended: promise(), partsBegun: promise(), title: step.title };
    rows.set(step, row);
    for (const part of step.parts ?? []) parentOf.set(part, step);
    const parts = step.parts?.map(taskOf);
    return {
      title: step.title,
      task: async (_, task) => {
        row.shown = task;
        task.title = row.title;
        if (row.line) task.output = row.line;
        if (!parts) return row.ended.promise;
        await row.partsBegun.promise;
        // Without a title it is not seen; it keeps the step open until its last title is set.
        const end = { task: () => row.ended.promise };
        return task.newListr([...parts, end], { concurrent: true, exitOnError: !step.independent });
      },
    };
  };

  const list = new Listr<unknown, typeof ListRenderer, 'silent'>(steps.map(taskOf), {
    renderer: ListRenderer,
    fallbackRenderer: 'silent',
    // Ctrl-C is for the command to deal with: it may have machines to end.
    registerSignalListeners: false,
    rendererOptions: {
      collapseErrors: false,
      showErrorMessage: false,
      icon: { [ListrDefaultRendererLogLevels.FAILED_WITH_FAILED_SUBTASKS]: figures.cross },
      logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream) }),
    },
  });
  // How it ends is no news: the list fails when a step did.
  const drawn = list.run().catch(() => {});
  const ticker = setInterval(() => {
    for (const [step, since] of begun) retitle(step, `${step.title} (${duration(performance.now() - since)})`);
  }, TICK);
  const end = (step: Step, remark?: string) => {
    retitle(step, closingLine(step.title, performance.now() - (begun.get(step) ?? performance.now()), remark));
    begun.delete(step);
  };

  return {
    started(step) {
      begun.set(step, performance.now());
      const parent = parentOf.get(step);
      if (parent) rowOf(parent).partsBegun.resolve();
    },
    said(step, text) {
      const line = cleanLines(text).at(-1);
      if (line === undefined) return;
      const row = rowOf(step);
      row.line = line;
      if (row.shown) row.shown.output = line;
    },
    done(step, remark) {
      end(step, remark);
      rowOf(step).partsBegun.resolve();
      rowOf(step).ended.resolve();
    },
    failed(step, stopped) {
      end(step, stopped ? 'stopped' : undefined);
      // The first row that listr2 sees fail is the last that it draws, unless others go on.
      if (parentOf.get(step)?.independent) rowOf(step).ended.reject(new Error('failed'));
    },
    async close() {
      clearInterval(ticker);
      for (const { ended, partsBegun } of rows.values()) {
        partsBegun.reject(new Error('not begun'));
        ended.reject(new Error('not done'));
      }
      await drawn;
    },
  };
};

/** A promise that nobody need await: rows after one that failed are never come to. */
const promise = (): PromiseWithResolvers<void> => {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
};

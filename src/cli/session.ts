import { ExitCode, Interrupted } from '../support/errors.ts';
import { type Show, showBy } from '../support/step.ts';
import { runSteps } from './progress.ts';
import type { Registries } from './registries.ts';

/** What every command shares: what there is by name, the exit code to be, the wish to stop, and how progress is shown. */
export interface Session extends Registries {
  exitCode: ExitCode;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  readonly show: Show;
  /** Prints a result. */
  print(text: string): void;
  /** Prints a line of progress. */
  tell(line: string): void;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** No progress on stderr. */
  quiet: boolean;
}

export const createSession = (registries: Registries): Session => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.stderr.write('lab: cleaning up; nothing must be left running\n');
      stop.abort(new Interrupted(name));
    });
  }
  // What is read by `head` may end before we do.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const session: Session = {
    ...registries,
    exitCode: ExitCode.ok,
    signal: stop.signal,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    quiet: false,
    print: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    tell: (line) => {
      if (!session.quiet) process.stderr.write(`${line}\n`);
    },
    show: showBy((steps, { interruptible = true } = {}) =>
      runSteps(steps, {
        stream: process.stderr,
        interactive: process.stderr.isTTY === true,
        quiet: session.quiet,
        signal: interruptible ? stop.signal : new AbortController().signal,
      }),
    ),
  };
  return session;
};

/** What the exit code of the command says; see docs/troubleshooting.md. */
export const ExitCode = {
  ok: 0,
  /** A check failed: the lab runs, and does not do what its file promises. */
  checkFailed: 1,
  /** The command line or the lab file is wrong; nothing was created. */
  usage: 2,
  /** The lab could not be brought up: host, provider or boot. */
  broken: 3,
  /** Skipped: not supported here. */
  skipped: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface Failure {
  /** What was tried, as the object of "cannot": `start machine rs1`. */
  tried: string;
  /** What happened, with the last lines of output where there are any. */
  happened: string;
  /** What the user can do next: a sentence or a command. */
  next?: string;
  exitCode?: ExitCode;
  cause?: unknown;
}

/** An error for the user: what was tried, what happened, what to do next, and the exit code it means. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly tried: string;
  readonly happened: string;
  readonly next: string | undefined;
  readonly exitCode: ExitCode;

  constructor({ tried, happened, next, exitCode = ExitCode.broken, cause }: Failure) {
    super(`cannot ${tried}: ${happened}`, { cause });
    this.tried = tried;
    this.happened = happened;
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** The user wants it to end: Ctrl-C, or the signal that a supervisor sends. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  readonly signal: NodeJS.Signals;
  /** Where to look, if there is something to look at. */
  readonly next: string | undefined;

  constructor(signal: NodeJS.Signals, next?: string) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
    this.next = next;
  }
}

/** What an unknown thrown value says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

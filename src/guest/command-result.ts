import { LabError } from '../support/errors.ts';
import type { RunResult } from './guest.ts';

/** Milliseconds that a command may take where nothing else is said. */
export const COMMAND_BUDGET = 60_000;

/** How much of a command's last output an error shows. */
const TAIL = 2_000;

export const NEXT = 'see whether the machine runs with `lab status`, and what it says with `lab logs`';

/** What was tried, for an error: the first line of a command, and where. */
export const running = (command: string, guest: string): string => {
  const line = command.split('\n')[0] ?? '';
  const shown = line.length > 120 || line !== command ? `${line.slice(0, 117)}...` : line;
  return `run \`${shown}\` on ${guest}`;
};

/** The result of a command that ended well. @throws LabError with its exit code and last output when it did not. */
export const finished = (guest: string, command: string, result: RunResult): RunResult => {
  if (result.exitCode === 0) return result;
  const output = `${result.stdout}${result.stderr}`.slice(-TAIL).trim();
  throw new LabError({
    tried: running(command, guest),
    happened: `exit code ${result.exitCode}\n${output}`.trimEnd(),
  });
};

/** The error of a command that was ended after `budget` milliseconds. */
export const outlived = (guest: string, command: string, budget: number, output: string): LabError =>
  new LabError({ tried: running(command, guest), happened: `not done within ${budget / 1000} s${seen(output)}` });

/** The last of a command's output, as the end of a sentence. */
export const seen = (output: string): string => {
  const last = output.slice(-TAIL).trim();
  return last === '' ? '; it printed nothing' : `; its last output:\n${last}`;
};

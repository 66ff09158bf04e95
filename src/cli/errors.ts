import { ExitCode, Interrupted, LabError } from '../support/errors.ts';

/** Prints an error on stderr as a user wants it and gives the exit code it means. */
export const printError = (error: unknown): ExitCode => {
  if (error instanceof Interrupted) {
    process.stderr.write(`lab: ${error.message}${error.next ? `; ${error.next}` : ''}\n`);
    return ExitCode.interrupted;
  }
  if (error instanceof LabError) {
    process.stderr.write(`lab: ${error.message}\n`);
    if (error.next) process.stderr.write(`  next: ${error.next}\n`);
    return error.exitCode;
  }
  if (isFull(error)) {
    process.stderr.write(
      `lab: the disk is full: ${error.message}\n  next: free space there, then run the command again\n`,
    );
    return ExitCode.broken;
  }
  process.stderr.write(
    `lab: this is a defect in lab itself: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.stderr.write('  next: please report it with the lines above\n');
  return ExitCode.broken;
};

const isFull = (error: unknown): error is NodeJS.ErrnoException => {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
};

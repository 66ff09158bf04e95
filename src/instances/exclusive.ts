import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExitCode, LabError } from '../support/errors.ts';
import { acquireLock, LockHeld } from '../support/lock.ts';
import { instanceLayout } from './instance.ts';

/**
 * Does work on an instance that no other process may do on it at the same time.
 * @param otherwise what the user can do instead of waiting
 * @throws LabError, exit code 3, that says who has it.
 */
export const exclusively = async <T>(
  name: string,
  what: string,
  work: () => Promise<T>,
  otherwise?: string,
): Promise<T> => {
  const { lock } = instanceLayout(name);
  await mkdir(dirname(lock), { recursive: true });
  await using _held = await acquireLock(lock, { what }).catch((error: unknown) => {
    if (!(error instanceof LockHeld)) throw error;
    throw new LabError({
      tried: what,
      happened: `the instance ${name} is held by ${error.holder}`,
      next: ['wait until that is done', otherwise].filter(Boolean).join(', or '),
      exitCode: ExitCode.broken,
      cause: error,
    });
  });
  return await work();
};

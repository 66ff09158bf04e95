import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExitCode, LabError, messageOf } from '../support/errors.ts';

/**
 * Sees to it that a file can be written in the end, before anything is done that would be lost otherwise. Makes its
 * directory.
 * @param tried what it is for; it completes "cannot …"
 * @throws LabError, exit code 2, when it cannot be written.
 */
export const readyFile = async (file: string, tried: string): Promise<void> => {
  try {
    await mkdir(dirname(file), { recursive: true });
    await access(dirname(file), constants.W_OK);
    const isDirectory = await stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isDirectory) throw new Error(`${file} is a directory`);
  } catch (cause) {
    throw new LabError({
      tried,
      happened: messageOf(cause),
      next: 'name a file that can be written',
      exitCode: ExitCode.usage,
      cause,
    });
  }
};

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts what was written to a file or a directory's list of names on the disk itself. */
export const syncPath = async (path: string): Promise<void> => {
  await using file = await open(path, 'r');
  await file.sync();
};

/**
 * Writes a file that others may read at the same time: they see the old content or the new, never a part, and a crash
 * leaves the one or the other.
 */
export const writeFileWhole = async (path: string, content: string | Buffer, mode = 0o644): Promise<void> => {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await using file = await open(temporary, 'wx', mode);
    await file.writeFile(content);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncPath(dirname(path));
};

import { open } from 'node:fs/promises';

/** Puts what was written to a file or a directory's list of names on the disk itself. */
export const syncPath = async (path: string): Promise<void> => {
  await using file = await open(path, 'r');
  await file.sync();
};

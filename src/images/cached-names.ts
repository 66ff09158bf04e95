import { readdir } from 'node:fs/promises';
import { imagesDir } from '../support/paths.ts';

/** Names of all that is in the cache of images, whole or not. */
export const cachedNames = async (): Promise<string[]> => {
  try {
    return await readdir(imagesDir());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

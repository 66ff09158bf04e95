import { join } from 'node:path';
import { imagesDir } from '../support/paths.ts';
import { cachedNames } from './cached-names.ts';
import { removeContained } from './contained.ts';

/** How the name of a directory begins in which an image is being made or removed. */
export const TEMPORARY = '.making-';

/** Removes what killed builders left behind; to be called by who holds the lock, so that no builder is alive. */
export const removeLeftovers = async (): Promise<void> => {
  for (const name of await cachedNames()) {
    if (name.startsWith(TEMPORARY)) await removeContained(join(imagesDir(), name));
  }
};

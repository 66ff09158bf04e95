import { join } from 'node:path';
import { acquireLock, describeHolder, type Lock } from '../support/lock.ts';
import { imagesDir } from '../support/paths.ts';
import { cachedNames } from './cached-names.ts';
import { removeContained } from './contained.ts';

/** How the name of a directory begins in which an image is being made or removed. */
export const TEMPORARY = '.making-';

/** Directories that killed builders left behind; to be asked for by who holds the lock, so that no builder is alive. */
export const leftovers = async (): Promise<string[]> =>
  (await cachedNames()).filter((name) => name.startsWith(TEMPORARY)).map((name) => join(imagesDir(), name));

/** Removes what killed builders left behind; to be called by who holds the lock. */
export const removeLeftovers = async (): Promise<void> => {
  for (const dir of await leftovers()) await removeContained(dir);
};

/** Held, in the directory of the images, by who makes one. */
const LOCK = '.lock';

/**
 * The lock of who changes the cache of images. With `onWait`, waits until nobody else has it; it is told who that is.
 * @throws LockHeld when somebody else has it, without `onWait`.
 */
export const lockImages = (onWait?: (holder: string) => void, signal?: AbortSignal): Promise<Lock> =>
  acquireLock(join(imagesDir(), LOCK), {
    what: 'the image cache',
    wait: onWait ? { signal, onWait: (holder) => onWait(describeHolder(holder)) } : false,
  });

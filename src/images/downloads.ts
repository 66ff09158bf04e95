import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLock, describeHolder, type Lock } from '../support/lock.ts';
import { cacheDir } from '../support/paths.ts';
import { partOf } from './download.ts';

/** Where parts of files are that are being fetched, a directory for each image. */
const downloadsDir = (): string => join(cacheDir(), 'downloads');

/** Where an image is fetched to. */
export const downloadDir = (image: string): string => join(downloadsDir(), image);

/** How a part is called among images: `centos8-part`. */
export const partId = (image: string): string => `${image}-part`;

/** A part of an image that was fetched and not finished. */
export interface Part {
  readonly name: string;
  readonly id: string;
  readonly dir: string;
  /** Bytes. */
  readonly size: number;
  /** When its last byte came, ISO 8601. */
  readonly changed: string;
}

export const listParts = async (): Promise<Part[]> => {
  const names = await readdir(downloadsDir()).catch(() => []);
  const parts = await Promise.all(
    names.map(async (name) => {
      const found = await stat(partOf(downloadDir(name))).catch(() => undefined);
      if (!found) return [];
      return [{ name, id: partId(name), dir: downloadDir(name), size: found.size, changed: found.mtime.toISOString() }];
    }),
  );
  return parts.flat();
};

/**
 * The lock of who fetches an image. With `onWait`, waits until nobody else has it; it is told who that is.
 * @throws LockHeld when somebody else has it, without `onWait`.
 */
export const lockDownload = (image: string, onWait?: (holder: string) => void, signal?: AbortSignal): Promise<Lock> =>
  acquireLock(`${downloadDir(image)}.lock`, {
    what: `the download of image ${image}`,
    wait: onWait ? { signal, onWait: (holder) => onWait(describeHolder(holder)) } : false,
  });

/** Removes what was fetched of an image and not finished. @throws LockHeld when it is being fetched. */
export const removePart = async (image: string): Promise<void> => {
  await using _ = await lockDownload(image);
  await rm(downloadDir(image), { recursive: true, force: true });
};

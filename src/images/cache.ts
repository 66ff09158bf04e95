import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../support/checked-files.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { imagesDir } from '../support/paths.ts';
import { MadeByNewer } from '../support/record-file.ts';
import { cachedNames } from './cached-names.ts';
import { listParts, removePart } from './downloads.ts';
import { imageOf } from './image.ts';
import { TEMPORARY } from './leftovers.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { readRecipe } from './recipe.ts';
import type { Images } from './registry.ts';
import { verifyFiles } from './verify.ts';

/** Of an id of an image: its name, and the digits of the hash of its recipe, or of the file that was fetched. */
const ID = /^([a-z0-9-]+)-[0-9a-f]{16}$/;

const nameOf = (id: string): string => id.replace(ID, '$1');

const cachedIds = async (): Promise<string[]> => (await cachedNames()).filter((name) => ID.test(name));

/** An image in the cache. */
export interface CachedImage {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  /** Whether it is what its recipe makes now, or what was fetched last; another is only of use to instances made with it. */
  readonly current: boolean;
  /** Undefined when the image is not whole, or a newer lab made it. */
  readonly manifest: Manifest | undefined;
  readonly newer: boolean;
}

/** The images in the cache, by name and then newest first. */
export const listImages = async (images: Images): Promise<CachedImage[]> => {
  const built = images.all.filter((image) => image.built);
  const current = new Set(
    await Promise.all(built.map(async ({ name, family }) => imageOf(await readRecipe(name), family).id)),
  );
  const cached = await Promise.all(
    (await cachedIds()).map(async (id) => {
      const dir = join(imagesDir(), id);
      const manifest = await wholeManifest(dir);
      const newer = manifest === 'newer';
      return { id, name: nameOf(id), dir, current: current.has(id), manifest: newer ? undefined : manifest, newer };
    }),
  );
  const age = ({ manifest }: CachedImage) => manifest?.built ?? '';
  const sorted = cached.sort((a, b) => a.name.localeCompare(b.name) || age(b).localeCompare(age(a)));
  const fetched = sorted.filter(({ manifest }) => manifest && 'source' in manifest);
  const isLatest = (image: CachedImage) => fetched.find(({ name }) => name === image.name) === image;
  return sorted.map((image) => ({ ...image, current: image.current || isLatest(image) }));
};

const wholeManifest = async (dir: string): Promise<Manifest | 'newer' | undefined> => {
  try {
    return (await verifyFiles(dir)).ok ? await readManifest(dir) : undefined;
  } catch (error) {
    if (error instanceof MadeByNewer) return 'newer';
    throw error;
  }
};

/**
 * Removes an image from the cache: the one of that id, or all of that name, with what was not fetched to its end.
 * @returns the ids of what was removed. @throws LabError when there is none.
 */
export const removeImage = async (nameOrId: string): Promise<string[]> => {
  const found = (await cachedIds()).filter((id) => id === nameOrId || nameOf(id) === nameOrId);
  const parts = (await listParts()).filter(({ id, name }) => id === nameOrId || name === nameOrId);
  if (found.length + parts.length === 0) {
    throw new LabError({
      tried: `remove image ${JSON.stringify(nameOrId)}`,
      happened: 'the cache holds none of that name',
      next: 'See what there is with: lab image list',
      exitCode: ExitCode.usage,
    });
  }
  for (const id of found) {
    // Renamed first, so that nobody finds half of it.
    const temporary = await mkdtemp(join(imagesDir(), TEMPORARY));
    await rename(join(imagesDir(), id), join(temporary, id));
    await rm(temporary, { recursive: true, force: true });
  }
  for (const { name } of parts) await removePart(name);
  return [...found, ...parts.map(({ id }) => id)];
};

/** Reads all files of a cached image and compares them with its manifest. */
export const verifyImage = (id: string, signal?: AbortSignal): Promise<Verdict> =>
  verifyFiles(join(imagesDir(), id), { full: true, signal });

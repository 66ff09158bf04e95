import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { rememberVerified } from '../support/checked-files.ts';
import { syncPath } from '../support/files.ts';
import { imagesDir } from '../support/paths.ts';
import { buildImage } from './build.ts';
import { removeContained } from './contained.ts';
import type { Family } from './families.ts';
import { lockImages, removeLeftovers, TEMPORARY } from './leftovers.ts';
import { IMAGE_FILES } from './manifest.ts';
import { type Recipe, readRecipe } from './recipe.ts';
import { type KnownImage, requireBuilt } from './registry.ts';
import { verifyFiles } from './verify.ts';

/** A built image, whole and checked. The guest's side of it is in `images/<name>/README.md`. */
export interface Image {
  readonly name: string;
  readonly family: Family;
  /** Name and the first 16 digits of the recipe's hash: another recipe, another id. */
  readonly id: string;
  readonly dir: string;
  /** Paths of its files. */
  readonly kernel: string;
  readonly initrd: string;
  /** Root file system, read-only, for all machines. */
  readonly root: string;
  /** Empty file system, a qcow2 image that every machine's writable layer lies over. */
  readonly disk: string;
  /** Kernel command line. */
  readonly cmdline: string;
}

// On a busy host an emulated timer may not tick while the kernel looks whether it does, and then it panics (no_timer_check,
// which it sets itself on KVM). QEMU's translations of a program are of use only at the address that they were made for:
// with programs at another address each time (no norandmaps) an emulated machine takes 2.3 times as long to start one.
const CMDLINE = {
  amd64: 'console=ttyS0 no_timer_check',
  arm64: 'console=ttyAMA0',
} as const;

/** The image that a recipe makes, whether it is built or not. */
export const imageOf = (recipe: Recipe, family: Family): Image => {
  const id = `${recipe.name}-${recipe.hash.slice(0, 16)}`;
  const dir = join(imagesDir(), id);
  const cmdline = `${CMDLINE[recipe.architecture]} net.ifnames=0 quiet panic=0 init_on_alloc=0 cryptomgr.notests norandmaps`;
  return {
    name: recipe.name,
    family,
    id,
    dir,
    kernel: join(dir, 'kernel'),
    initrd: join(dir, 'initrd'),
    root: join(dir, 'root'),
    disk: join(dir, 'disk'),
    cmdline,
  };
};

export interface EnsureOptions {
  /** Told of each step, where there is something to wait for. */
  notify: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * The image, as its recipe is now: from the cache, or built when it is not there or not whole.
 * @throws LabError when it is not built here, or cannot be; the signal's reason when it is aborted.
 */
export const ensureImage = async (known: KnownImage, { notify, signal }: EnsureOptions): Promise<Image> => {
  requireBuilt(known);
  const { name, family } = known;
  const recipe = await readRecipe(name);
  const image = imageOf(recipe, family);
  if ((await verifyFiles(image.dir, { signal })).ok) return image;
  const tell = (line: string) => notify(`image ${name}: ${line}`);
  await using _ = await lockImages((holder) => tell(`${holder} is building images; waiting for it`), signal);
  await removeLeftovers();
  const verdict = await verifyFiles(image.dir, { signal });
  if (verdict.ok) return image;
  if (await exists(image.dir)) {
    tell(`the one in the cache is damaged (${verdict.reason}); building it anew`);
    await rm(image.dir, { recursive: true });
  }
  const temporary = await mkdtemp(join(imagesDir(), TEMPORARY));
  try {
    await buildImage(recipe, temporary, { notify: tell, signal });
    await rename(temporary, image.dir);
    await syncPath(imagesDir());
  } finally {
    await removeContained(temporary);
  }
  await rememberVerified(image.dir, IMAGE_FILES);
  return image;
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

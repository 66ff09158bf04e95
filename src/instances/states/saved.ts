import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { requireDisk } from '../../host/capacity.ts';
import type { SavedStates } from '../../providers/provider.ts';
import type { Providers } from '../../providers/registry.ts';
import { measureFiles, rememberVerified, type Verdict, verifySums } from '../../support/checked-files.ts';
import { LabError } from '../../support/errors.ts';
import { acquireLock, describeHolder, type Lock, LockHeld } from '../../support/lock.ts';
import { cacheDir, stateDir } from '../../support/paths.ts';
import { asItWas, type Purpose, recordFile } from '../../support/record-file.ts';
import type { RunningLab } from '../running.ts';

/** What a saved state was made from, by names for a person; it fits as long as all of it is the same. */
export type Inputs = Readonly<Record<string, string>>;

const Manifest = z.strictObject({
  lab: z.string(),
  inputs: z.record(z.string(), z.string()),
  /** ISO 8601. */
  saved: z.string(),
  files: z.record(z.string(), z.strictObject({ size: z.number(), sha256: z.string() })),
});
/** What is in a saved state: the last file that is written, so that a directory without it is half-made. */
export type Manifest = z.infer<typeof Manifest>;

const manifestFiles = recordFile<Manifest>({ schema: Manifest, upgrades: [asItWas] });

const MANIFEST = 'state.json';

/** The file whose time tells when a saved state was used last. */
export const manifestFile = (dir: string): string => join(dir, MANIFEST);

/** How the name of a directory begins in which a state is being saved. */
const TEMPORARY = '.saving-';

/** Directory of the states that are saved by themselves, one a lab; they can be made again. */
export const statesDir = (): string => join(cacheDir(), 'states');

/** Directory of the moments that the user saved, by instance and name. */
export const momentsDir = (): string => join(stateDir(), 'moments');

const rootOf = (dir: string): string => (dir.startsWith(`${momentsDir()}/`) ? momentsDir() : statesDir());

/** The manifest of a saved state; undefined where there is none, or none that can be read. */
export const readManifest = async (dir: string): Promise<Manifest | undefined> => {
  try {
    return await requireManifest(dir, { tried: `read the saved state ${dir}`, next: 'do without it' });
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
};

/** Like `readManifest`. @throws LabError when there is none, it is damaged, or a newer lab saved the state. */
export const requireManifest = async (dir: string, purpose: Purpose): Promise<Manifest> => {
  const manifest = await manifestFiles.read(manifestFile(dir), purpose);
  if (manifest) return manifest;
  throw new LabError({ ...purpose, happened: `${dir} holds no saved machines` });
};

/** Whether the files of a saved state are as they were saved. They are read once after each start of the host. */
export const verifySaved = (dir: string, { files }: Manifest, signal?: AbortSignal): Promise<Verdict> =>
  verifySums(dir, files, { signal });

/** Bytes that a saved state takes on the disk: its memories are mostly holes. */
export const sizeOfSaved = async (dir: string, { files }: Manifest): Promise<number> => {
  const sizes = await Promise.all(
    Object.keys(files).map((name) =>
      stat(join(dir, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

export interface Saving {
  readonly running: RunningLab;
  readonly saver: SavedStates;
  readonly inputs: Inputs;
  /** Puts further files beside the machines. */
  readonly more?: (dir: string) => Promise<void>;
}

/**
 * Saves the machines of a lab, which run on, as the directory `target`, which appears whole or not at all. The caller
 * holds the lock of the saved states.
 * @throws LabError when they cannot be saved; nothing is left of it then.
 */
export const saveAs = async (
  target: string,
  { running, saver, inputs, more }: Saving,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const { place } = running;
  const root = rootOf(target);
  const memory = place.lab.nodes.reduce((sum, node) => sum + node.memory, 0) * 1024 ** 2;
  await requireDisk(`save the machines of ${place.name}`, root, memory);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(join(root, TEMPORARY));
  try {
    await saver.save(place, temporary, (line) => say(line), signal);
    await more?.(temporary);
    const manifest: Manifest = {
      lab: place.lab.name,
      inputs: { ...inputs },
      saved: new Date().toISOString(),
      files: { ...(await measureFiles(temporary, saver.files(place), signal)) },
    };
    await manifestFiles.write(manifestFile(temporary), manifest, { mode: 0o600 });
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    // The new one first: whoever kills this while the old one is removed has lost neither.
    const former = await setAside(target);
    await rename(temporary, target);
    await rm(former, { recursive: true, force: true });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await rememberVerified(target, saver.files(place));
};

/** Removes a saved state. It is renamed first, so that nobody finds half of it. */
export const removeSaved = async (dir: string): Promise<void> =>
  rm(await setAside(dir), { recursive: true, force: true });

/** Moves a saved state, if it is there, into a directory of its own, which `removeLeftovers` knows. Gives that directory. */
const setAside = async (dir: string): Promise<string> => {
  const condemned = await mkdtemp(join(rootOf(dir), TEMPORARY));
  await rename(dir, join(condemned, basename(dir))).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return condemned;
};

/** The lock of who saves or removes states. With `onWait`, waits until nobody else has it. @throws LockHeld without. */
export const lockSaved = (onWait?: (holder: string) => void, signal?: AbortSignal): Promise<Lock> =>
  acquireLock(join(statesDir(), '.lock'), {
    what: 'the saved states',
    wait: onWait ? { signal, onWait: (holder) => onWait(describeHolder(holder)) } : false,
  });

/** Ends and removes what killed saves left; the caller holds the lock. Gives their directories. */
export const removeLeftovers = async (providers: Providers): Promise<string[]> => {
  const left = (await Promise.all([statesDir(), momentsDir()].map(temporariesIn))).flat();
  for (const dir of left) {
    for (const { savedStates } of providers.all) await savedStates?.abandon(dir);
    await rm(dir, { recursive: true, force: true });
  }
  return left;
};

/** Like `removeLeftovers`, unless somebody is saving. */
export const pruneLeftovers = async (providers: Providers): Promise<string[]> => {
  try {
    await using _ = await lockSaved();
    return await removeLeftovers(providers);
  } catch (error) {
    if (error instanceof LockHeld) return [];
    throw error;
  }
};

const temporariesIn = async (root: string): Promise<string[]> =>
  (await readdir(root).catch(() => [] as string[]))
    .filter((name) => name.startsWith(TEMPORARY))
    .map((name) => join(root, name));

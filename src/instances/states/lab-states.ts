import { createHash } from 'node:crypto';
import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab.ts';
import type { SavedStates } from '../../providers/provider.ts';
import type { Providers } from '../../providers/registry.ts';
import { parseSize } from '../../support/size.ts';
import type { RunningLab } from '../running.ts';
import {
  type Inputs,
  lockSaved,
  manifestFile,
  readManifest,
  removeLeftovers,
  removeSaved,
  saveAs,
  sizeOfSaved,
  statesDir,
  verifySaved,
} from './saved.ts';

/** Bytes that the states of all labs may take together, where LAB_STATES_MAX says nothing. */
const DEFAULT_LIMIT = 10 * 1024 ** 3;

/** Directory of the state of a lab that fits these inputs, whether it is there or not. */
export const stateDirectory = (lab: string, inputs: Inputs): string => {
  const sorted = Object.entries(inputs).sort(([one], [other]) => (one < other ? -1 : 1));
  return join(statesDir(), `${lab}-${hash(JSON.stringify(sorted)).slice(0, 16)}`);
};

/** What a lab and its scripts add to the inputs of its saved state. */
export const labInputs = (lab: Lab, scripts: Map<string, string>, version: string): Inputs => ({
  'lab file': hash(JSON.stringify(lab)),
  scripts: hash(JSON.stringify([...scripts])),
  'version of lab': version,
});

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What was found for a lab: the directory of a state that fits, or why there is none. */
export interface Found {
  readonly dir?: string;
  readonly why?: string;
}

/**
 * The saved state of a lab that fits these inputs. One that is damaged is removed; where there is one that does not fit,
 * says what has changed.
 */
export const findState = async (lab: string, inputs: Inputs, signal: AbortSignal): Promise<Found> => {
  const dir = stateDirectory(lab, inputs);
  const manifest = await readManifest(dir);
  if (manifest) {
    const verdict = await verifySaved(dir, manifest, signal);
    if (verdict.ok) {
      const now = new Date();
      await utimes(manifestFile(dir), now, now);
      return { dir };
    }
    await removeSaved(dir);
    return { why: `the saved state of ${lab} was damaged (${verdict.reason}), so it is dropped` };
  }
  const latest = (await listStates()).findLast((state) => state.lab === lab);
  if (!latest) return {};
  const changed = Object.keys({ ...latest.inputs, ...inputs }).filter((name) => inputs[name] !== latest.inputs[name]);
  return { why: `the saved state of ${lab} does not fit: another ${changed.join(', another ')}` };
};

/** A saved state of a lab in the cache. */
export interface LabState {
  readonly id: string;
  readonly lab: string;
  readonly dir: string;
  readonly inputs: Inputs;
  /** ISO 8601. */
  readonly saved: string;
  readonly used: Date;
  /** Bytes that it takes on the disk. */
  readonly size: number;
}

/** The states of all labs, the one used last at the end. */
export const listStates = async (): Promise<LabState[]> => {
  const ids = (await readdir(statesDir()).catch(() => [])).filter((name) => !name.startsWith('.'));
  const states = await Promise.all(
    ids.map(async (id): Promise<LabState[]> => {
      const dir = join(statesDir(), id);
      const manifest = await readManifest(dir);
      if (!manifest) return [];
      const { lab, inputs, saved } = manifest;
      const { mtime } = await stat(manifestFile(dir));
      return [{ id, lab, dir, inputs, saved, used: mtime, size: await sizeOfSaved(dir, manifest) }];
    }),
  );
  return states.flat().sort((one, other) => one.used.getTime() - other.used.getTime());
};

/**
 * Saves the machines of a lab, which run on, as its state for these inputs, unless there is one. States that were not
 * used for longest make room.
 * @throws LabError when they cannot be saved; nothing is left of it then.
 */
export const saveState = async (
  providers: Providers,
  running: RunningLab,
  saver: SavedStates,
  inputs: Inputs,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const dir = stateDirectory(running.instance.lab, inputs);
  await using _ = await lockSaved((holder) => say(`${holder} is saving; waiting for it`), signal);
  if (await readManifest(dir)) return;
  await removeLeftovers(providers);
  await saveAs(dir, { running, saver, inputs }, say, signal);
  await pruneStates();
};

/** How many states of one lab are kept: its file may go back and forth. */
const KEPT_OF_A_LAB = 3;

/**
 * Removes states that were not used for longest: of each lab all but three, and of all until they take no more than
 * `limit` bytes together. Gives those it removed.
 */
export const pruneStates = async (limit = statesLimit()): Promise<LabState[]> => {
  const kept: LabState[] = [];
  const removed: LabState[] = [];
  let total = 0;
  for (const state of (await listStates()).toReversed()) {
    const ofLab = kept.filter(({ lab }) => lab === state.lab).length;
    if (ofLab < KEPT_OF_A_LAB && total + state.size <= limit) {
      kept.push(state);
      total += state.size;
    } else {
      await removeSaved(state.dir);
      removed.push(state);
    }
  }
  return removed;
};

/** Removes the state of that id; false when there is none. */
export const removeState = async (id: string): Promise<boolean> => {
  const found = (await listStates()).find((state) => state.id === id);
  if (found) await removeSaved(found.dir);
  return found !== undefined;
};

/** Bytes that the states of all labs may take together: LAB_STATES_MAX, else 10 GiB. 0 keeps none. */
export const statesLimit = (): number =>
  process.env.LAB_STATES_MAX === undefined ? DEFAULT_LIMIT : parseSize(process.env.LAB_STATES_MAX);

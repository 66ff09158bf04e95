import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { labRecords } from '../../lab/resolved.ts';
import type { Providers } from '../../providers/registry.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { nearest } from '../../support/nearest.ts';
import { MadeByNewer, type Purpose, peekRecord } from '../../support/record-file.ts';
import type { Show } from '../../support/step.ts';
import { exclusively } from '../exclusive.ts';
import { type Instance, placeOf, validInstanceName } from '../instance.ts';
import { instanceRecords } from '../instance-records.ts';
import { removeInstance } from '../life/down.ts';
import { takeTurn } from '../life/take-turn.ts';
import { RunningLab, requireRunning } from '../running.ts';
import { createInstance, enterPhase, instanceNamed, readInstance } from '../store.ts';
import { told } from '../told.ts';
import { rewindTo } from './rewind.ts';
import {
  type Inputs,
  lockSaved,
  manifestFile,
  momentsDir,
  readManifest,
  removeLeftovers,
  removeSaved,
  requireManifest,
  saveAs,
  sizeOfSaved,
  verifySaved,
} from './saved.ts';
import { savedStatesOf } from './saver.ts';

/** Beside the machines: the instance that they are of. */
const INSTANCE = 'instance.json';
const LAB = 'lab.json';

const momentDir = (instance: string, name: string): string => join(momentsDir(), instance, name);

/** How a moment is named among images and saved states: `tun-basic/exercise-3`. */
export const momentId = (instance: string, name: string): string => `${instance}/${name}`;

export const isMomentId = (id: string): boolean => id.includes('/');

/** A moment of an instance that its user saved. It outlives the instance. */
export interface Moment {
  readonly instance: string;
  readonly name: string;
  readonly lab: string;
  readonly dir: string;
  readonly inputs: Inputs;
  /** ISO 8601. */
  readonly saved: string;
  /** Bytes that it takes on the disk. */
  readonly size: number;
}

/** The saved moments of all instances, or of one. */
export const listMoments = async (only?: string): Promise<Moment[]> => {
  const moments = await Promise.all(
    (await momentPlaces(only)).map(async ({ instance, name, dir }): Promise<Moment[]> => {
      const manifest = await readManifest(dir);
      if (!manifest) return [];
      const { lab, inputs, saved } = manifest;
      return [{ instance, name, lab, dir, inputs, saved, size: await sizeOfSaved(dir, manifest) }];
    }),
  );
  return moments.flat();
};

/** A moment that cannot be restored, since what is kept of it is damaged or was written by a newer lab. */
export interface UnreadableMoment extends Pick<Moment, 'instance' | 'name' | 'dir'> {
  readonly newer: boolean;
  /** Id of the image that it says it needs, unproven. */
  readonly image?: string;
}

/** The saved moments of all instances that `listMoments` leaves out. */
export const listUnreadableMoments = async (): Promise<UnreadableMoment[]> => {
  const moments = await Promise.all(
    (await momentPlaces()).map(async ({ instance, name, dir }): Promise<UnreadableMoment[]> => {
      const problem = await requireManifest(dir, purposeOf(instance, name)).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!problem) return [];
      if (!(problem instanceof LabError)) throw problem;
      const { image } = ((await peekRecord(manifestFile(dir))).inputs ?? {}) as { image?: unknown };
      const newer = problem instanceof MadeByNewer;
      return [{ instance, name, dir, newer, ...(typeof image === 'string' && { image }) }];
    }),
  );
  return moments.flat();
};

/** Where moments lie, those too that cannot be read: a directory appears whole. */
const momentPlaces = async (only?: string): Promise<Pick<Moment, 'instance' | 'name' | 'dir'>[]> => {
  const instances = only === undefined ? await names(momentsDir()) : [only];
  const places = instances.map(async (instance) =>
    (await names(join(momentsDir(), instance))).map((name) => ({ instance, name, dir: momentDir(instance, name) })),
  );
  return (await Promise.all(places)).flat();
};

const purposeOf = (instance: string, name: string): Purpose => ({
  tried: `restore ${instance} as it was at ${name}`,
  next: removal(instance, name),
});

const names = async (dir: string): Promise<string[]> =>
  (await readdir(dir).catch(() => [])).filter((name) => !name.startsWith('.')).sort();

export interface SaveRequest {
  readonly instance: string;
  /** Name of the moment. */
  readonly name: string;
  /** Replaces a moment of that name. */
  readonly force: boolean;
}

/**
 * Saves an instance as it is at this moment, memory and disks, under a name; its machines run on.
 * @throws LabError, exit code 2, when there is a moment of that name and it is not to be replaced.
 */
export const saveMoment = async (
  providers: Providers,
  { instance: instanceName, name, force }: SaveRequest,
  show: Show,
  signal: AbortSignal,
): Promise<void> => {
  validMomentName(name);
  await instanceNamed(instanceName);
  await exclusively(instanceName, `save ${instanceName}`, async () => {
    const instance = await instanceNamed(instanceName);
    const { savedStates } = savedStatesOf(providers, instance);
    const dir = momentDir(instanceName, name);
    if (!force && (await momentPlaces(instanceName)).some((moment) => moment.name === name)) {
      throw new LabError({
        tried: `save ${instanceName} as ${name}`,
        happened: 'there is a moment of that name',
        next: 'choose another name, or replace it with --force',
        exitCode: ExitCode.usage,
      });
    }
    const running = new RunningLab(providers, instance, signal);
    await requireRunning(running, `save ${instanceName}`);
    await show.step(`Save ${instanceName} as ${name}`, async ({ say }, stepSignal) => {
      await using _ = await lockSaved((holder) => say(`${holder} is saving; waiting for it`), stepSignal);
      await removeLeftovers(providers);
      const inputs = await savedStates.inputs(running.place, { image: instance.image }, told(say), stepSignal);
      await saveAs(
        dir,
        { running, saver: savedStates, inputs, more: (temporary) => writeInstance(temporary, instance) },
        say,
        stepSignal,
      );
    });
  });
};

const validMomentName = (name: string): string => {
  if (/^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(name)) return name;
  throw new LabError({
    tried: 'name a moment',
    happened: `${JSON.stringify(name)} is not a valid name`,
    next: 'use lower-case letters, digits and hyphens, with no hyphen at either end: exercise-3',
    exitCode: ExitCode.usage,
  });
};

const writeInstance = async (dir: string, { definition, ...record }: Instance): Promise<void> => {
  await instanceRecords.write(join(dir, INSTANCE), record, { mode: 0o600 });
  await labRecords.write(join(dir, LAB), definition, { mode: 0o600 });
};

/** The instance that a moment is of. @throws LabError when that is gone, damaged, or was written by a newer lab. */
const instanceIn = async (dir: string, purpose: Purpose): Promise<Instance> => {
  const record = await instanceRecords.read(join(dir, INSTANCE), purpose);
  const definition = record && (await labRecords.read(join(dir, LAB), purpose));
  if (definition) return { ...record, definition };
  throw new LabError({ ...purpose, happened: `${join(dir, record ? LAB : INSTANCE)} is gone` });
};

/**
 * Puts an instance back to a moment that was saved, also where the instance was removed since. What was done on it after
 * that moment is gone.
 * @throws LabError when there is no such moment, or its machines cannot be resumed here; the instance is as it was.
 */
export const restoreMoment = async (
  providers: Providers,
  instanceName: string,
  name: string,
  show: Show,
  signal: AbortSignal,
): Promise<void> => {
  const { dir } = await momentNamed(validInstanceName(instanceName), name);
  await exclusively(instanceName, `restore ${instanceName}`, async () => {
    const saved = await instanceIn(dir, purposeOf(instanceName, name));
    await fits(providers, saved, dir, name, signal);
    const existing = await readInstance(instanceName);
    if (existing && (existing.phase === 'up' || existing.phase === 'stopped')) {
      if (!isDeepStrictEqual(existing.definition, saved.definition)) {
        throw new LabError({
          tried: `restore ${instanceName} as it was at ${name}`,
          happened: 'the instance was made anew since, from another lab file',
          next: `take it down first: lab down ${instanceName}`,
        });
      }
      await rewindTo(providers, existing, dir, `Restore ${name}`, show, signal);
      return;
    }
    if (existing) await removeInstance(providers, instanceName, () => {});
    await recreate(providers, saved, dir, `Restore ${name}`, show, signal);
  });
};

/** Makes an instance that is gone again, from a moment of it. */
const recreate = async (
  providers: Providers,
  saved: Instance,
  dir: string,
  title: string,
  show: Show,
  signal: AbortSignal,
): Promise<void> => {
  const instance: Instance = { ...saved, phase: 'creating' };
  const { provider } = savedStatesOf(providers, instance);
  const place = placeOf(instance);
  const { nodes } = instance.definition;
  const work = { instance: saved.name, what: `restore ${saved.name}`, doing: `restoring ${saved.name}`, nodes };
  await using _turn = await takeTurn(providers, work, show, signal);
  await createInstance(instance);
  try {
    await show.step(title, async ({ say }, stepSignal) => {
      await provider.create(place, { image: instance.image, saved: dir }, told(say), stepSignal);
      await provider.start(place, told(say), stepSignal);
    });
    signal.throwIfAborted();
  } catch (error) {
    await removeInstance(providers, instance.name, () => {});
    throw error;
  }
  await enterPhase(instance, 'up');
};

const momentNamed = async (instance: string, name: string): Promise<Moment> => {
  const moments = await listMoments(instance);
  const found = moments.find((moment) => moment.name === name);
  if (found) return found;
  const unreadable = (await momentPlaces(instance)).find((moment) => moment.name === name);
  if (unreadable) await requireManifest(unreadable.dir, purposeOf(instance, name));
  const known = moments.map((moment) => moment.name);
  const near = nearest(name, known);
  throw new LabError({
    tried: `restore ${instance} as it was at ${JSON.stringify(name)}`,
    happened:
      known.length === 0
        ? `no moment of ${instance} was saved`
        : `there is no moment of that name; there are: ${known.join(', ')}`,
    next: near ? `did you mean ${near}?` : `save one: lab save ${instance} NAME`,
    exitCode: ExitCode.usage,
  });
};

/** @throws LabError when a moment is not whole, or was saved by another QEMU or image than there is now. */
const fits = async (
  providers: Providers,
  instance: Instance,
  dir: string,
  name: string,
  signal: AbortSignal,
): Promise<void> => {
  const { savedStates } = savedStatesOf(providers, instance);
  const { tried } = purposeOf(instance.name, name);
  const manifest = await requireManifest(dir, purposeOf(instance.name, name));
  const verdict = await verifySaved(dir, manifest, signal);
  if (!verdict.ok)
    throw new LabError({
      tried,
      happened: `the saved machines are damaged: ${verdict.reason}`,
      next: removal(instance.name, name),
    });
  const inputs: Inputs = await savedStates.inputs(placeOf(instance), { image: instance.image }, () => {}, signal);
  const changed = Object.keys(inputs).filter((key) => inputs[key] !== manifest.inputs[key]);
  if (changed.length === 0) return;
  throw new LabError({
    tried,
    happened: `it was saved with another ${changed.join(', another ')}: ${changed.map((key) => `${manifest.inputs[key]}, not ${inputs[key]}`).join('; ')}`,
    next: `go back to that, or ${removal(instance.name, name)}`,
  });
};

const removal = (instance: string, name: string): string => `remove it: lab image rm ${momentId(instance, name)}`;

/** Removes a moment, named `INSTANCE/MOMENT`. @throws LabError, exit code 2, when there is none. */
export const removeMoment = async (id: string): Promise<void> => {
  const [instance = '', name = ''] = id.split('/');
  // Also one that cannot be read.
  const place = (await momentPlaces(validInstanceName(instance))).find((moment) => moment.name === name);
  const { dir } = place ?? (await momentNamed(instance, name));
  await removeSaved(dir);
};

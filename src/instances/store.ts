import { mkdir, readdir } from 'node:fs/promises';
import { listLabs } from '../lab/find.ts';
import { labRecords } from '../lab/resolved.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { isAlive } from '../support/process-identity.ts';
import {
  type Instance,
  type InstanceRecord,
  instanceLayout,
  instancesDir,
  type Phase,
  validInstanceName,
} from './instance.ts';
import { instanceRecords } from './instance-records.ts';

/**
 * The instance of that name, or undefined where there is none.
 * @throws MadeByNewer when a newer lab made it; LabError when a file of it is damaged.
 */
export const readInstance = async (name: string): Promise<Instance | undefined> => {
  const paths = instanceLayout(name);
  const purpose = { tried: `read the instance ${name}`, next: `remove it: lab down ${name}` };
  const record = await instanceRecords.read(paths.record, purpose);
  const definition = record && (await labRecords.read(paths.lab, purpose));
  return definition && { ...record, definition };
};

/** The instance of that name. @throws LabError, exit code 2, with the names that there are. */
export const instanceNamed = async (name: string): Promise<Instance> => {
  const instance = await readInstance(validInstanceName(name));
  if (instance) return instance;
  const names = await instanceNames();
  const near = nearest(name, names);
  throw new LabError({
    tried: `find the instance ${name}`,
    happened: names.length === 0 ? 'no instance is up' : `there is none of that name; there are: ${names.join(', ')}`,
    next: near ? `did you mean ${near}?` : await howToHaveIt(name),
    exitCode: ExitCode.usage,
  });
};

/** What to do for an instance of that name to be there: only a lab of that name can be brought up. */
const howToHaveIt = async (name: string): Promise<string> => {
  const labs = (await listLabs()).map((lab) => lab.name);
  if (labs.includes(name)) return `bring it up: lab up ${name}`;
  const near = nearest(name, labs);
  return `${near ? `did you mean the lab ${near}? ` : ''}see which labs and instances there are: lab list`;
};

/** An instance that came up once. @throws LabError when bringing it up was cut short. */
export const completeInstance = async (name: string): Promise<Instance> => {
  const instance = await instanceNamed(name);
  if (instance.phase === 'up' || instance.phase === 'stopped') return instance;
  throw new LabError({
    tried: `work with ${name}`,
    happened: instance.phase === 'creating' ? 'it never finished coming up' : 'its removal was cut short',
    next: `remove what is left: lab down ${name}`,
  });
};

/** Names of all directories of instances, also of half-made ones, sorted. */
export const instanceNames = async (): Promise<string[]> =>
  (await readdir(instancesDir()).catch(() => [] as string[])).sort();

export const createInstance = async (instance: Instance): Promise<void> => {
  const paths = instanceLayout(instance.name);
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  await labRecords.write(paths.lab, instance.definition);
  await writeRecord(instance);
};

/** The same instance in another phase, on disk too. */
export const enterPhase = async (instance: Instance, phase: Phase): Promise<Instance> => {
  const next = { ...instance, phase };
  await writeRecord(next);
  return next;
};

/** The same instance with the saved state that it can be put back to, on disk too. */
export const rememberState = async (instance: Instance, state: string): Promise<Instance> => {
  const next = { ...instance, state };
  await writeRecord(next);
  return next;
};

/** Lets an instance outlive the process that made it for itself. */
export const disown = async (name: string): Promise<void> => {
  const instance = await readInstance(name);
  if (!instance) return;
  const { owner: _, ...rest } = instance;
  await writeRecord(rest);
};

/** Whether it was made by a process for itself, and that is gone. */
export const isOrphan = async ({ owner }: Pick<InstanceRecord, 'owner'>): Promise<boolean> =>
  owner !== undefined && !(await isAlive(owner));

const writeRecord = async ({ definition: _, ...record }: Instance): Promise<void> =>
  instanceRecords.write(instanceLayout(record.name).record, record);

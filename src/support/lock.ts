import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from './errors.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

/** Milliseconds between two looks at a lock that another process has. */
const LOOK_AGAIN = 100;

/** Who has a lock. */
export interface LockHolder extends ProcessIdentity {
  /** Names this holding and no other. */
  readonly id: string;
  /** Its command line, as the user typed it: `lab up tun-basic`. */
  readonly command: string;
  /** Since when, ISO 8601. */
  readonly since: string;
}

/** A lock that this process has, until it is disposed of. */
export interface Lock extends AsyncDisposable {
  /** Gives the lock back; a second time does nothing. */
  release(): Promise<void>;
}

export interface LockOptions {
  /** What the lock guards, as the object of "cannot use": `instance tun-basic`. */
  what: string;
  /** Wait for another holder to end, instead of an error. `onWait` is told, once for each, who that is. */
  wait?: false | { signal?: AbortSignal | undefined; onWait?: (holder: LockHolder) => void };
}

/** The error for a lock that another live process has. */
export class LockHeld extends LabError {
  /** `process 1234 (lab up tun-basic) since 12:01:02` */
  readonly holder: string;

  constructor(what: string, holder: LockHolder) {
    const description = describeHolder(holder);
    super({
      tried: `use ${what}`,
      happened: `it is held by ${description}`,
      next: `wait until that is done, or end it: kill ${holder.pid}`,
    });
    this.holder = description;
  }
}

/** `process 1234 (lab up tun-basic) since 12:01:02`, with the day where that is not today. */
export const describeHolder = ({ pid, command, since }: LockHolder, now = new Date()): string => {
  const [day, time] = localTime(new Date(since));
  return `process ${pid} (${command}) since ${day === localTime(now)[0] ? time : `${day} ${time}`}`;
};

/**
 * Takes a lock that one process at a time can have. The lock is a file that names its holder; when the holder was killed
 * or the host rebooted, the next process that wants it takes it over.
 * Own code because Node has no flock(2), and the libraries there are go by a file's age: they keep others waiting after
 * a kill -9, and lose a lock when the holder is suspended.
 * @throws LockHeld when another live process has it and `wait` is not given; the signal's reason when that aborts.
 */
export const acquireLock = async (path: string, { what, wait = false }: LockOptions): Promise<Lock> => {
  const own = await thisProcess();
  const record = `${path}.${own.id}.new`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(record, JSON.stringify(own), { flag: 'wx' });
  try {
    let told: string | undefined;
    for (;;) {
      const holder = await take(path, record);
      if (!holder) break;
      if (!wait) throw new LockHeld(what, holder);
      if (told !== holder.id) wait.onWait?.(holder);
      told = holder.id;
      await sleep(LOOK_AGAIN);
      wait.signal?.throwIfAborted();
    }
  } finally {
    await rm(record, { force: true });
  }
  const release = async () => {
    if ((await read(path))?.id === own.id) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
};

/** The live process that has a lock, if one has. */
export const lockHolder = async (path: string): Promise<LockHolder | undefined> => {
  const holder = await read(path);
  return holder && (await isAlive(holder)) ? holder : undefined;
};

/**
 * Tries once to put `record`, the file with our own name in it, in the place of `path`; gives who has the lock, or
 * undefined when we do.
 *
 * A free lock is taken with link(2), which fails when the file is there. A dead holder's file must not simply be
 * removed: a slower process that saw the same dead holder would remove the lock of the faster. So the right to replace
 * it goes to the one process that links its record to the claim, a name made from the dead holder's id. Should that
 * process die before it is done, its claim is replaced in the same way, and so on.
 */
const take = async (path: string, record: string): Promise<LockHolder | undefined> => {
  if (await linked(record, path)) return undefined;
  const first = await read(path);
  if (!first) return take(path, record);
  for (let dead = first; ; ) {
    if (await isAlive(dead)) return dead;
    const claim = `${path}.${dead.id}`;
    if (await linked(record, claim)) return replace(path, first, record, claim);
    const claimant = await read(claim);
    if (!claimant) return take(path, record);
    dead = claimant;
  }
};

/** Replaces a dead holder's file with our record. The caller has the claim to do so, if it was not too late. */
const replace = async (
  path: string,
  dead: LockHolder,
  record: string,
  claim: string,
): Promise<LockHolder | undefined> => {
  // An earlier claimant renames first and then removes its claim, so one who finds the claim free and the dead holder
  // still in place comes before all others.
  if ((await read(path))?.id !== dead.id) {
    await rm(claim, { force: true });
    return take(path, record);
  }
  await rename(record, path);
  await removeLeftovers(path);
  return undefined;
};

/** Removes claims, and records of processes that died waiting. The caller has the lock, so no claim means anything. */
const removeLeftovers = async (path: string): Promise<void> => {
  const own = await read(path);
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`));
  for (const file of names.map((name) => join(dirname(path), name))) {
    const owner = await read(file);
    if (!owner || owner === DAMAGED) continue;
    // Those of others who live are theirs to remove.
    if (owner.id === own?.id || !(await isAlive(owner))) await rm(file, { force: true });
  }
};

const linked = async (record: string, path: string): Promise<boolean> => {
  try {
    await link(record, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/** Stands for a file without a readable holder, as a power failure can leave it: held by no live process. */
const DAMAGED: LockHolder = { pid: 0, started: '', id: 'damaged', command: '', since: '' };

const read = async (path: string): Promise<LockHolder | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
  } catch (error) {
    if (error instanceof SyntaxError) return DAMAGED;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** This process as the holder of something new: each call gives another id. */
export const thisProcess = async (): Promise<LockHolder> => {
  const identity = (await identify(process.pid)) as ProcessIdentity;
  const command = ['lab', ...process.argv.slice(2)].join(' ');
  return { ...identity, id: randomUUID(), command, since: new Date().toISOString() };
};

/** Day and time of day where the user is; the Swedish form of a date is that of ISO 8601. */
const localTime = (date: Date): string[] => date.toLocaleString('sv-SE').split(' ');

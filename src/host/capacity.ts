import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LabError } from '../support/errors.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Bytes that this user can still write to the file system of a directory, which need not be there yet. */
export const freeDisk = async (dir: string): Promise<number> => {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(resolve(dir));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === dir) throw error;
    return freeDisk(parent);
  }
};

/** Bytes of memory that processes can still take without swapping, within the limit of the control group. */
export const freeMemory = (): number => process.availableMemory();

/** @throws LabError when the file system of `dir` has less than `need` bytes left for `tried`. */
export const requireDisk = async (tried: string, dir: string, need: number): Promise<void> => {
  const free = await freeDisk(dir);
  if (free >= need) return;
  throw new LabError({
    tried,
    happened: `it needs ${inUnits(need)} on the file system of ${dir}, which has ${inUnits(free)} left`,
    next: 'free some (lab prune, lab image rm), or set LAB_HOME to a directory elsewhere',
  });
};

/** @throws LabError when the host has less than `need` bytes of memory left for `tried`. */
export const requireMemory = (tried: string, need: number, free = freeMemory()): void => {
  if (free >= need) return;
  throw new LabError({
    tried,
    happened: `it needs ${inUnits(need)} of memory, and the host has ${inUnits(free)} left`,
    next: 'end other programs or instances (lab list, lab down), or give the nodes less memory in the lab file',
  });
};

/** `340 MiB`, `1.5 GiB`; what is left is rounded down, so that it never looks like enough. */
export const inUnits = (bytes: number): string =>
  bytes < GIB ? `${Math.floor(bytes / MIB)} MiB` : `${(Math.floor((bytes / GIB) * 10) / 10).toFixed(1)} GiB`;

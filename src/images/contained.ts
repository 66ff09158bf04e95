import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { isRoot } from '../host/system.ts';

/**
 * Where mmdebstrap runs: as root, in namespaces of its own for processes and mounts. Whoever is not root is so in a
 * namespace of users too, in which he has ids to give away (newuidmap does that for `unshare`).
 */
const NAMESPACES = [
  ...['--pid', '--mount', '--mount-proc', '--fork', '--kill-child'],
  ...(isRoot() ? [] : ['--user', '--map-auto', '--map-root-user']),
];

/**
 * A command that runs as root where nothing of it outlives this process: when this one ends, even by kill -9, so do all
 * processes the command has started, and with the last of them go the file systems it has mounted.
 */
export const contained = (command: string, args: readonly string[]): [command: string, args: string[]] => [
  'setpriv',
  ['--pdeathsig', 'KILL', 'unshare', ...NAMESPACES, '--', command, ...args],
];

/** Removes a directory with all that a contained command may have put in it, for users other than this one too. */
export const removeContained = async (dir: string): Promise<void> => {
  try {
    await rm(dir, { recursive: true, force: true });
  } catch (error) {
    if (isRoot()) throw error;
    await execa(...contained('rm', ['-rf', dir]));
  }
};

import { readFile } from 'node:fs/promises';
import type { PackageManager } from './tools.ts';

/** Distributions by their `ID`, and those that `ID_LIKE` says they are like (os-release(5)). */
const MANAGERS: Record<string, PackageManager> = {
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  centos: 'dnf',
  arch: 'pacman',
};

/** What installs packages on this host; undefined when it is none that we know. */
export const packageManager = async (): Promise<PackageManager | undefined> => {
  if (process.platform === 'darwin') return 'brew';
  return managerOf(await readFile('/etc/os-release', 'utf8').catch(() => ''));
};

/** What installs packages on a system with this /etc/os-release. */
export const managerOf = (osRelease: string): PackageManager | undefined => {
  const value = (key: string) => osRelease.match(new RegExp(`^${key}=["']?([^"'\n]*)`, 'm'))?.[1] ?? '';
  return [value('ID'), ...value('ID_LIKE').split(' ')].map((id) => MANAGERS[id]).find((each) => each !== undefined);
};

export const isRoot = (): boolean => process.geteuid?.() === 0;

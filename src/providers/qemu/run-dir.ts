import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../../support/errors.ts';

/** Longest path of a Unix socket on Linux, in bytes, without its closing NUL; macOS has 103. */
const SOCKET_PATH_LIMIT = process.platform === 'darwin' ? 103 : 107;

/** Room for the longest name in a run directory: a node or segment of 63 characters and `.switch/ctl`. */
const NAME_ROOM = 80;

/** File in a run directory that names the directory of its instance. */
const OWNER = 'owner';

const user = process.getuid?.() ?? 0;

/** Where run directories may lie, the best first: short paths only. */
const bases = (): string[] => {
  const candidates = [process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter((base) =>
    base?.startsWith('/'),
  ) as string[];
  return [...new Set(candidates)].filter((base) => Buffer.byteLength(base) + NAME_ROOM < SOCKET_PATH_LIMIT);
};

/**
 * The run directory of the instance in `dir`: short, the same at every start, different from any other instance's.
 * Under XDG_RUNTIME_DIR where that is short, else under the system's directory for temporary files.
 */
export const runDirOf = (dir: string): string => {
  const id = createHash('sha256').update(dir).digest('hex').slice(0, 10);
  return join(bases()[0] ?? '/tmp', `lab-${user}-${id}`);
};

/**
 * Makes the run directory of the instance in `dir`, open to this user only.
 * @throws LabError when the name is taken by something of another user: in a shared directory that may be a trap.
 */
export const makeRunDir = async (path: string, dir: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new LabError({
      tried: 'make a directory for sockets',
      happened: `${path} is there and is not a directory of this user alone`,
      next: `look at it and remove it: ls -ld ${path}`,
    });
  }
  await writeFile(join(path, OWNER), dir);
};

/** Run directories of this user whose instance's directory no longer exists. */
export const orphanedRunDirs = async (): Promise<{ runDir: string; owner: string }[]> => {
  const found = [];
  for (const base of bases()) {
    for (const name of await readdir(base).catch(() => [])) {
      if (!name.startsWith(`lab-${user}-`)) continue;
      const runDir = join(base, name);
      const owner = await readFile(join(runDir, OWNER), 'utf8').catch(() => '');
      if (owner !== '' && !(await stat(owner).catch(() => undefined))) found.push({ runDir, owner });
    }
  }
  return found;
};

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeFileAtomic } from './atomic.ts';

/** What files of a directory must be, by name. */
export type FileSums = Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** SHA-256 of a file, in hex. */
export const hashFile = async (path: string, signal?: AbortSignal): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
};

/** The size and the hash of each of these files of a directory. */
export const measureFiles = async (dir: string, names: readonly string[], signal?: AbortSignal): Promise<FileSums> => {
  const measured = await Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      const [{ size }, sha256] = await Promise.all([stat(path), hashFile(path, signal)]);
      return [name, { size, sha256 }] as const;
    }),
  );
  return Object.fromEntries(measured);
};

/**
 * Compares files of a directory with what they must be. Reads them whole only when that was not done since the host
 * started, or a file is not the one it was then (its inode, times or size differ); with `full`, always.
 */
export const verifySums = async (
  dir: string,
  sums: FileSums,
  options: { full?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Verdict> => {
  const names = Object.keys(sums);
  for (const [name, expected] of Object.entries(sums)) {
    const size = await stat(join(dir, name)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) return { ok: false, reason: `its file ${name} is missing` };
    if (size !== expected.size)
      return { ok: false, reason: `its file ${name} has ${size} bytes, not ${expected.size}` };
  }
  if (!options.full && (await isRemembered(dir, names))) return { ok: true };
  for (const [name, expected] of Object.entries(sums)) {
    const found = await hashFile(join(dir, name), options.signal);
    if (found !== expected.sha256) {
      return { ok: false, reason: `its file ${name} is not as it was built (checksum ${found.slice(0, 16)}…)` };
    }
  }
  await rememberVerified(dir, names);
  return { ok: true };
};

const VERDICT = 'verified.json';

/** What tells these files, as they are now on this running host, from any other. */
const identity = async (dir: string, names: readonly string[]): Promise<string> => {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const files = await Promise.all(
    names.map(async (name) => {
      const { ino, size, mtimeNs, ctimeNs } = await stat(join(dir, name), { bigint: true });
      return [name, ino, size, mtimeNs, ctimeNs].join(' ');
    }),
  );
  return JSON.stringify({ boot: boot.trim(), files });
};

const isRemembered = async (dir: string, names: readonly string[]): Promise<boolean> => {
  const remembered = await readFile(join(dir, VERDICT), 'utf8').catch(() => undefined);
  return remembered !== undefined && remembered === (await identity(dir, names));
};

/**
 * Notes that these files were found to be right. The note only spares the next command some reading, so a directory that
 * cannot be written does no harm.
 */
export const rememberVerified = async (dir: string, names: readonly string[]): Promise<void> => {
  await writeFileAtomic(join(dir, VERDICT), await identity(dir, names)).catch(() => undefined);
};

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../support/atomic.ts';
import { hashFile, IMAGE_FILES, readManifest } from './manifest.ts';

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Compares an image's files with its manifest. Reads them whole only when that was not done since the host started, or
 * a file is not the one it was then (its inode, times or size differ); with `full`, always.
 */
export const verifyFiles = async (
  dir: string,
  options: { full?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Verdict> => {
  const manifest = await readManifest(dir);
  if (!manifest) return { ok: false, reason: 'it has no manifest' };
  for (const file of IMAGE_FILES) {
    const expected = manifest.files[file].size;
    const size = await stat(join(dir, file)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) return { ok: false, reason: `its file ${file} is missing` };
    if (size !== expected) return { ok: false, reason: `its file ${file} has ${size} bytes, not ${expected}` };
  }
  if (!options.full && (await isRemembered(dir))) return { ok: true };
  for (const file of IMAGE_FILES) {
    const found = await hashFile(join(dir, file), options.signal);
    if (found !== manifest.files[file].sha256) {
      return { ok: false, reason: `its file ${file} is not as it was built (checksum ${found.slice(0, 16)}…)` };
    }
  }
  await rememberVerified(dir);
  return { ok: true };
};

const VERDICT = 'verified.json';

/** What tells the files of an image, as they are now on this running host, from any other. */
const identity = async (dir: string): Promise<string> => {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const files = await Promise.all(
    IMAGE_FILES.map(async (file) => {
      const { ino, size, mtimeNs, ctimeNs } = await stat(join(dir, file), { bigint: true });
      return [file, ino, size, mtimeNs, ctimeNs].join(' ');
    }),
  );
  return JSON.stringify({ boot: boot.trim(), files });
};

const isRemembered = async (dir: string): Promise<boolean> => {
  const remembered = await readFile(join(dir, VERDICT), 'utf8').catch(() => undefined);
  return remembered !== undefined && remembered === (await identity(dir));
};

/**
 * Notes that an image's files were found to be right. The note only spares the next command some reading, so a cache
 * that cannot be written does no harm.
 */
export const rememberVerified = async (dir: string): Promise<void> => {
  await writeFileAtomic(join(dir, VERDICT), await identity(dir)).catch(() => undefined);
};

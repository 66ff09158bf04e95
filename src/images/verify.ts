import { type Verdict, verifySums } from '../support/checked-files.ts';
import { readManifest } from './manifest.ts';

/** Compares an image's files with its manifest; see `verifySums` for when they are read whole. */
export const verifyFiles = async (
  dir: string,
  options: { full?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Verdict> => {
  const manifest = await readManifest(dir);
  return manifest ? verifySums(dir, manifest.files, options) : { ok: false, reason: 'it has no manifest' };
};

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../support/atomic.ts';

/** Files of a built image beside its manifest. */
export const IMAGE_FILES = ['kernel', 'initrd', 'root', 'disk'] as const;

const Manifest = z.object({
  name: z.string(),
  architecture: z.enum(['amd64', 'arm64']),
  /** SHA-256 of the recipe. */
  recipe: z.string(),
  /** ISO 8601. */
  built: z.string(),
  files: z.record(z.enum(IMAGE_FILES), z.object({ size: z.number(), sha256: z.string() })),
  /** Version of each Debian package. */
  packages: z.record(z.string(), z.string()),
});
/** What is in a built image: the last file its build writes, so that an image without it is half-made. */
export type Manifest = z.infer<typeof Manifest>;

export const writeManifest = (dir: string, manifest: Manifest): Promise<void> =>
  writeFileAtomic(join(dir, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);

/** The manifest of an image; undefined when there is none, or none that can be read. */
export const readManifest = async (dir: string): Promise<Manifest | undefined> => {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')));
  } catch {
    return undefined;
  }
};

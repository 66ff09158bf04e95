import { basename, join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../support/errors.ts';
import { asItWas, MadeByNewer, recordFile } from '../support/record-file.ts';

/** Files of a built image beside its manifest. */
export const IMAGE_FILES = ['kernel', 'initrd', 'root', 'disk'] as const;

/** The file of a fetched image beside its manifest. */
export const CLOUD_FILES = ['disk'] as const;

const FileSum = z.strictObject({ size: z.number(), sha256: z.string() });

const common = {
  name: z.string(),
  architecture: z.enum(['amd64', 'arm64']),
  /** When it was built or fetched, ISO 8601. */
  built: z.string(),
};

const BuiltManifest = z.strictObject({
  ...common,
  /** SHA-256 of the recipe. */
  recipe: z.string(),
  files: z.record(z.enum(IMAGE_FILES), FileSum),
  /** Version of each Debian package. */
  packages: z.record(z.string(), z.string()),
});

const CloudManifest = z.strictObject({
  ...common,
  /** URL or path that it came from. */
  source: z.string(),
  /** Whether all packages that labs need are in it, so that no machine of it needs a way out. */
  complete: z.boolean(),
  files: z.record(z.enum(CLOUD_FILES), FileSum),
});

const Manifest = z.union([BuiltManifest, CloudManifest]);

export type BuiltManifest = z.infer<typeof BuiltManifest>;
export type CloudManifest = z.infer<typeof CloudManifest>;

/** What is in an image: the last file that is written of it, so that an image without it is half-made. */
export type Manifest = z.infer<typeof Manifest>;

const manifestFiles = recordFile<Manifest>({ schema: Manifest, upgrades: [asItWas] });

export const writeManifest = (dir: string, manifest: Manifest): Promise<void> =>
  manifestFiles.write(join(dir, 'manifest.json'), manifest);

/**
 * The manifest of an image; undefined when there is none, or it is damaged.
 * @throws MadeByNewer when a newer lab made the image: building it anew would take it from under that lab's machines.
 */
export const readManifest = async (dir: string): Promise<Manifest | undefined> => {
  const id = basename(dir);
  try {
    return await manifestFiles.read(join(dir, 'manifest.json'), {
      tried: `use the image ${id}`,
      next: `remove it: lab image rm ${id}`,
    });
  } catch (error) {
    if (error instanceof LabError && !(error instanceof MadeByNewer)) return undefined;
    throw error;
  }
};

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltManifest, IMAGE_FILES, writeManifest } from '../../src/images/manifest.ts';
import { measureFiles } from '../../src/support/checked-files.ts';

/** Writes small files in place of an image, with a manifest that is true of them. */
export const writeImage = async (dir: string, recipe = 'f'.repeat(64)): Promise<void> => {
  await mkdir(dir, { recursive: true });
  for (const file of IMAGE_FILES) await writeFile(join(dir, file), `content of ${file}`);
  await writeManifest(dir, {
    name: 'debian12',
    architecture: 'amd64',
    recipe,
    built: '2026-01-01T00:00:00.000Z',
    files: (await measureFiles(dir, IMAGE_FILES)) as BuiltManifest['files'],
    packages: { ipvsadm: '1:1.31-1' },
  });
};

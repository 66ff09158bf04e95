import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeUnused } from '../../../src/providers/qemu/golden.ts';

test('a golden machine of a QEMU that is no longer there goes after two weeks, and nothing else of the image', async () => {
  const image = await mkdtemp(join(tmpdir(), 'lab-image-'));
  try {
    await writeFile(join(image, 'kernel'), '');
    for (const [name, days] of [
      ['golden-old', 15],
      ['golden-other', 13],
      ['golden-new', 0],
    ] as const) {
      const manifest = join(image, name, 'golden.json');
      await mkdir(join(image, name));
      await writeFile(manifest, '{}');
      const used = new Date(Date.now() - days * 24 * 3_600_000);
      await utimes(manifest, used, used);
    }
    await removeUnused(image);
    expect((await readdir(image)).sort()).toEqual(['golden-new', 'golden-other', 'kernel']);
  } finally {
    await rm(image, { recursive: true });
  }
});

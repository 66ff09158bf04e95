import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest, writeManifest } from '../../src/images/manifest.ts';

const OLD = join(import.meta.dirname, '../instances/fixtures/0.1.0/cache/images');
const IDS = ['debian12-0123456789abcdef', 'centos8-0123456789abcdef'];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-manifest-'));
  await cp(OLD, dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

test.each(IDS)('that of 0.1.0 is understood, and written as one of today: %s', async (id) => {
  const image = join(dir, id);
  const file = join(image, 'manifest.json');
  const old = JSON.parse(await readFile(file, 'utf8'));
  const manifest = await readManifest(image);
  expect(manifest).toEqual(old);
  if (manifest) await writeManifest(image, manifest);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ format: 1, ...old });
  expect(await readManifest(image)).toEqual(old);
});

test('a damaged one is none', async () => {
  const image = join(dir, IDS[0] as string);
  await writeFile(join(image, 'manifest.json'), '{"name": 7}');
  expect(await readManifest(image)).toBeUndefined();
  expect(await readManifest(join(dir, 'nowhere'))).toBeUndefined();
});

test('one of a newer lab is refused: its machines need the image as it is', async () => {
  const image = join(dir, IDS[0] as string);
  await writeFile(join(image, 'manifest.json'), '{"format": 2}');
  const error = await readManifest(image).catch((thrown) => thrown);
  expect(error.message).toBe(
    `cannot use the image ${IDS[0]}: ${image}/manifest.json was made by a newer lab (format 2; this one knows 1)`,
  );
  expect(error.next).toBe(`use the lab that made it, or remove it: lab image rm ${IDS[0]}`);
});

import { mkdtemp, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyFiles } from '../../src/images/verify.ts';
import { writeImage } from './fixture.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-image-'));
  await writeImage(dir);
});
afterEach(() => rm(dir, { recursive: true }));

test('an image as it was built is right', async () => {
  expect(await verifyFiles(dir)).toEqual({ ok: true });
});

test('a file cut short is noticed', async () => {
  await truncate(join(dir, 'root'), 3);
  expect(await verifyFiles(dir)).toEqual({ ok: false, reason: 'its file root has 3 bytes, not 15' });
});

test('a missing file is noticed', async () => {
  await rm(join(dir, 'initrd'));
  expect(await verifyFiles(dir)).toEqual({ ok: false, reason: 'its file initrd is missing' });
});

test.each(['', '{', '{"name":"debian12"}'])('a manifest that reads %j is none', async (content) => {
  await writeFile(join(dir, 'manifest.json'), content);
  expect(await verifyFiles(dir)).toEqual({ ok: false, reason: 'it has no manifest' });
});

test('changed content of the same size is noticed, also after the image was found right', async () => {
  await verifyFiles(dir);
  await writeFile(join(dir, 'kernel'), 'CONTENT of kernel');
  expect(await verifyFiles(dir)).toMatchObject({
    ok: false,
    reason: expect.stringContaining('its file kernel is not as it was built'),
  });
});

test('content changed under an unchanged modification time is noticed', async () => {
  await verifyFiles(dir);
  const { atime, mtime } = await stat(join(dir, 'kernel'));
  await writeFile(join(dir, 'kernel'), 'CONTENT of kernel');
  await utimes(join(dir, 'kernel'), atime, mtime);
  expect((await verifyFiles(dir)).ok).toBe(false);
});

test('the verdict of an earlier look is used, and not with full', async () => {
  await verifyFiles(dir);
  // A manifest that is no longer true, which only a look at the content can tell.
  await writeFile(join(dir, 'manifest.json'), await wrongManifest());
  expect((await verifyFiles(dir)).ok).toBe(true);
  expect((await verifyFiles(dir, { full: true })).ok).toBe(false);
});

test('the verdict of an earlier start of the host is not used', async () => {
  await verifyFiles(dir);
  await writeFile(join(dir, 'verified.json'), JSON.stringify({ boot: 'another', files: [] }));
  await writeFile(join(dir, 'manifest.json'), await wrongManifest());
  expect((await verifyFiles(dir)).ok).toBe(false);
});

const wrongManifest = async (): Promise<string> => {
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
  manifest.files.disk.sha256 = '0'.repeat(64);
  return JSON.stringify(manifest);
};

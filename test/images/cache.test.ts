import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { listImages, removeImage, verifyImage } from '../../src/images/cache.ts';
import { ensureImage, imageOf } from '../../src/images/image.ts';
import { removeLeftovers } from '../../src/images/leftovers.ts';
import { readRecipe } from '../../src/images/recipe.ts';
import { acquireLock } from '../../src/support/lock.ts';
import { imagesDir } from '../../src/support/paths.ts';
import { writeImage } from './fixture.ts';

const { images } = REGISTRIES;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-home-'));
  vi.stubEnv('LAB_HOME', home);
  await mkdir(imagesDir(), { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const OLD = `debian12-${'0'.repeat(16)}`;
const current = async () => imageOf(await readRecipe('debian12'), 'debian');

test('an image in the cache is used as it is', async () => {
  const { dir, id } = await current();
  await writeImage(dir);
  const notify = vi.fn();
  expect(await ensureImage(images.named('debian12'), { notify })).toMatchObject({ id, dir, disk: join(dir, 'disk') });
  expect(notify).not.toHaveBeenCalled();
});

test('a second builder waits and says for whom', async () => {
  const { dir } = await current();
  const lock = await acquireLock(join(imagesDir(), '.lock'), { what: 'the image cache' });
  const lines: string[] = [];
  const waiting = ensureImage(images.named('debian12'), { notify: (line) => lines.push(line) });
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  expect(lines[0]).toMatch(
    new RegExp(`^image debian12: process ${process.pid} .* is building images; waiting for it$`),
  );
  await writeImage(dir);
  await lock.release();
  expect((await waiting).dir).toBe(dir);
});

test('who waits can be interrupted', async () => {
  await using _ = await acquireLock(join(imagesDir(), '.lock'), { what: 'the image cache' });
  const abort = new AbortController();
  const waiting = ensureImage(images.named('debian12'), {
    notify: () => abort.abort(new Error('interrupted')),
    signal: abort.signal,
  });
  await expect(waiting).rejects.toThrow('interrupted');
});

test('what a killed builder left is removed, images stay', async () => {
  await mkdir(join(imagesDir(), '.making-abc/tmp'), { recursive: true });
  await writeFile(join(imagesDir(), '.making-abc/root'), 'half');
  await writeImage(join(imagesDir(), OLD));
  await removeLeftovers();
  expect(await readdir(imagesDir())).toEqual([OLD]);
});

test('the list tells current images from older and from damaged ones', async () => {
  const { dir, id } = await current();
  await writeImage(dir);
  await writeImage(join(imagesDir(), OLD));
  await mkdir(join(imagesDir(), `debian12-${'1'.repeat(16)}`));
  const list = await listImages(images);
  expect(
    list.map((image) => [
      image.name,
      image.current,
      image.manifest && 'packages' in image.manifest && image.manifest.packages.ipvsadm,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['debian12', true, '1:1.31-1'],
      ['debian12', false, '1:1.31-1'],
      ['debian12', false, undefined],
    ]),
  );
  expect(list.find((image) => image.current)?.id).toBe(id);
});

test('the list is empty where nothing was ever built', async () => {
  await rm(imagesDir(), { recursive: true });
  expect(await listImages(images)).toEqual([]);
});

test('an image is removed by its id, or all of a name', async () => {
  const { dir, id } = await current();
  await writeImage(dir);
  await writeImage(join(imagesDir(), OLD));
  expect(await removeImage(OLD)).toEqual([OLD]);
  expect(await removeImage('debian12')).toEqual([id]);
  expect(await readdir(imagesDir())).toEqual([]);
});

test.each(['debian13', '..', '.lock', ''])('removing %j removes nothing', async (name) => {
  await writeImage(join(imagesDir(), OLD));
  await expect(removeImage(name)).rejects.toMatchObject({ exitCode: 2 });
  expect(await readdir(imagesDir())).toEqual([OLD]);
});

test('verifying reads the content, whatever was found before', async () => {
  await writeImage(join(imagesDir(), OLD));
  expect(await verifyImage(OLD)).toEqual({ ok: true });
  await writeFile(join(imagesDir(), OLD, 'disk'), 'CONTENT of disk');
  expect(await verifyImage(OLD)).toMatchObject({ ok: false });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLab, listLabs } from '../../src/lab/find.ts';
import { loadLab } from '../../src/lab/load.ts';
import { changed, SOUND } from './labs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-find-'));
  writeFileSync(join(folder, 'sound.yaml'), changed(SOUND, ['name: sound', 'name: sound\nsummary: it works']));
  writeFileSync(join(folder, 'broken.yaml'), 'name: [');
  writeFileSync(join(folder, 'README.md'), 'no lab');
});
afterEach(() => rmSync(folder, { recursive: true }));

test("finds the package's own lab by name, and it is sound", async () => {
  const path = await findLab('tun-basic');
  expect((await loadLab(path)).lab?.name).toBe('tun-basic');
});

test('finds a lab by name in a folder', async () => {
  expect(await findLab('sound', folder)).toBe(join(folder, 'sound.yaml'));
});

test('takes what looks like a path as one', async () => {
  const path = join(folder, 'sound.yaml');
  expect(await findLab(path, folder)).toBe(path);
});

test('names the labs there are when there is none of the name', async () => {
  await expect(findLab('suond', folder)).rejects.toMatchObject({
    message: 'cannot find the lab "suond": there is no lab of that name',
    next: 'did you mean "sound"? There are broken, sound; or give the path of a lab file.',
    exitCode: 2,
  });
});

test.each(['README', '..', '__proto__', ''])('finds no lab %j', async (name) => {
  await expect(findLab(name, folder)).rejects.toMatchObject({ exitCode: 2 });
});

test('refuses a path to nothing', async () => {
  await expect(findLab('./none.yaml', folder)).rejects.toMatchObject({
    message: 'cannot find the lab file "./none.yaml": there is no such file',
    exitCode: 2,
  });
});

test('lists name and summary, of a broken lab the name', async () => {
  expect(await listLabs(folder)).toEqual([
    { name: 'broken', summary: '', path: join(folder, 'broken.yaml') },
    { name: 'sound', summary: 'it works', path: join(folder, 'sound.yaml') },
  ]);
});

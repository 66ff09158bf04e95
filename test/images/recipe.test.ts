import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listLines, readRecipe } from '../../src/images/recipe.ts';
import { projectDir } from '../../src/support/paths.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-recipe-'));
  await cp(join(projectDir, 'images/debian12'), dir, { recursive: true });
});
afterEach(() => rm(dir, { recursive: true }));

const hash = async (architecture: 'amd64' | 'arm64' = 'amd64') =>
  (await readRecipe('debian12', architecture, dir)).hash;

describe('the hash of a recipe', () => {
  test('is the same for the same files', async () => {
    expect(await hash()).toBe((await readRecipe('debian12', 'amd64')).hash);
  });

  test.each(['packages', 'init', 'root/etc/ssh/sshd_config.d/lab.conf'])('changes with %s', async (file) => {
    const before = await hash();
    await writeFile(join(dir, file), '# another line\n', { flag: 'a' });
    expect(await hash()).not.toBe(before);
  });

  test('changes with a file more', async () => {
    const before = await hash();
    await mkdir(join(dir, 'root/opt'));
    await writeFile(join(dir, 'root/opt/new'), '');
    expect(await hash()).not.toBe(before);
  });

  test('changes when content moves from one file to the next', async () => {
    await writeFile(join(dir, 'a'), 'xy');
    await writeFile(join(dir, 'b'), '');
    const before = await hash();
    await writeFile(join(dir, 'a'), 'x');
    await writeFile(join(dir, 'b'), 'y');
    expect(await hash()).not.toBe(before);
  });

  test('does not change with the documentation', async () => {
    const before = await hash();
    await writeFile(join(dir, 'README.md'), 'another text');
    expect(await hash()).toBe(before);
  });

  test('differs from one architecture to the other', async () => {
    expect(await hash('arm64')).not.toBe(await hash('amd64'));
  });
});

test('packages are read without comments and empty lines', () => {
  expect(listLines('# all\n\ncurl # a client\n  less\n')).toEqual(['curl', 'less']);
});

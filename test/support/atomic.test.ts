import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/support/atomic.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-atomic-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a file is replaced whole and gets the mode asked for, whatever the umask', async () => {
  const path = join(dir, 'key');
  await writeFile(path, 'something longer than what follows', { mode: 0o600 });
  await writeFileAtomic(path, 'new', { mode: 0o666 });
  expect(await readFile(path, 'utf8')).toBe('new');
  expect((await stat(path)).mode & 0o777).toBe(0o666);
  expect(await readdir(dir)).toEqual(['key']);
});

test('a reader never sees a part', async () => {
  const path = join(dir, 'state');
  const contents = ['a', 'b'].map((letter) => letter.repeat(200_000));
  await writeFileAtomic(path, contents[0] as string);
  let writing = true;
  const writer = (async () => {
    for (let i = 0; i < 50; i++) await writeFileAtomic(path, contents[i % 2] as string);
    writing = false;
  })();
  while (writing) expect(contents).toContain(await readFile(path, 'utf8'));
  await writer;
});

test('a failure leaves no temporary file', async () => {
  const path = join(dir, 'taken');
  await mkdir(join(path, 'inside'), { recursive: true });
  await expect(writeFileAtomic(path, 'x')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(await readdir(dir)).toEqual(['taken']);
});

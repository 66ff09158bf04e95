import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { consoleTail, judgeConsole, readConsole, watchUntil } from '../../../src/providers/qemu/console.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-console-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test.each([
  ['', 'booting'],
  ['lab: starting\r\n', 'booting'],
  ['lab: starting\nlab: ready\n', 'ready'],
  ['lab: starting\nlab: ready\nlab: starting\n', 'booting'],
  ['lab: starting\nlab: ready\nlab: starting\nlab: ready\n', 'ready'],
  ['lab: starting\n[    3.2] Kernel panic - not syncing: Attempted to kill init!\n', 'panic'],
  ['Kernel panic - not syncing: VFS\nlab: starting\nlab: ready\n', 'ready'],
])('console %j means %s', (text, state) => {
  expect(judgeConsole(text).state).toBe(state);
});

test('a panic is told with its reason', () => {
  expect(judgeConsole('[1.0] Kernel panic - not syncing: no init\n')).toEqual({
    state: 'panic',
    line: 'Kernel panic - not syncing: no init',
  });
});

test('the tail has no terminal codes and no empty lines', () => {
  expect(consoleTail('a\r\n\r\n\x1b[0;32mb\x1b[0m\r\nc\r\n', 2)).toEqual(['b', 'c']);
});

test('only what comes after the offset is read; a missing file is empty', async () => {
  const path = join(dir, 'console');
  expect(await readConsole(path)).toBe('');
  await writeFile(path, 'old new');
  expect(await readConsole(path, 4)).toBe('new');
  expect(await readConsole(path, 100)).toBe('');
});

test('a watcher sees what is written later, also to a file that was not there', async () => {
  const path = join(dir, 'console');
  const look = async () => ((await readConsole(path)).includes('ready') ? 'seen' : undefined);
  const seen = watchUntil(path, look, { interval: 20, signal: AbortSignal.timeout(5_000) });
  await writeFile(path, 're');
  await appendFile(path, 'ady');
  expect(await seen).toBe('seen');
});

test('a watcher ends with its signal, and with the error of its look', async () => {
  const path = join(dir, 'console');
  const never = watchUntil(path, async () => undefined, { signal: AbortSignal.timeout(50) });
  await expect(never).rejects.toThrow('timeout');
  const broken = watchUntil(path, () => Promise.reject(new Error('broken')), { signal: AbortSignal.timeout(5_000) });
  await expect(broken).rejects.toThrow('broken');
});

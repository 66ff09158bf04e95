import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock, describeHolder, type LockHeld, lockHolder } from '../../src/support/lock.ts';

let dir: string;
let path: string;
let holder: ChildProcess | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-lock-'));
  path = join(dir, 'lock');
});
afterEach(async () => {
  holder?.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

/** Another process, that has the lock. */
const heldByAnother = async (): Promise<ChildProcess> => {
  const script = `
    import { acquireLock } from '${import.meta.resolve('../../src/support/lock.ts')}';
    await acquireLock(process.argv[2], { what: 'it' });
    console.log('held');
    process.stdin.resume();`;
  holder = spawn(process.execPath, ['--input-type=module', '--eval', script, 'up', path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout as NodeJS.ReadableStream, 'data');
  return holder;
};

test('a lock is given back when it is disposed of, and leaves nothing', async () => {
  {
    await using _lock = await acquireLock(path, { what: 'it' });
    expect((await lockHolder(path))?.pid).toBe(process.pid);
    expect(await readdir(dir)).toEqual(['lock']);
  }
  expect(await lockHolder(path)).toBeUndefined();
  expect(await readdir(dir)).toEqual([]);
});

test('a lock that another has is refused, with its pid, command and time', async () => {
  const { pid } = await heldByAnother();
  const error = await acquireLock(path, { what: 'instance a' }).catch((reason: LockHeld) => reason);
  expect(error).toMatchObject({ exitCode: 3, next: `wait until that is done, or end it: kill ${pid}` });
  expect(String(error)).toMatch(
    new RegExp(`cannot use instance a: it is held by process ${pid} \\(lab .*\\) since \\d\\d:\\d\\d:\\d\\d$`),
  );
  expect(await readdir(dir)).toEqual(['lock']);
});

test('the same process does not get it twice', async () => {
  await using _lock = await acquireLock(path, { what: 'it' });
  await expect(acquireLock(path, { what: 'it' })).rejects.toThrow(`held by process ${process.pid}`);
});

test('waiting tells for whom, once, and gets it when that one is done', async () => {
  const other = await heldByAnother();
  const waitedFor: number[] = [];
  const taken = acquireLock(path, {
    what: 'it',
    wait: {
      onWait: ({ pid }) => {
        waitedFor.push(pid);
        setTimeout(() => other.kill('SIGKILL'), 250);
      },
    },
  });
  await using _lock = await taken;
  expect(waitedFor).toEqual([other.pid]);
  expect((await lockHolder(path))?.pid).toBe(process.pid);
});

test('waiting ends with the signal', async () => {
  await using _lock = await acquireLock(path, { what: 'it' });
  const stop = new AbortController();
  const onWait = () => stop.abort(new Error('enough'));
  await expect(acquireLock(path, { what: 'it', wait: { signal: stop.signal, onWait } })).rejects.toThrow('enough');
  expect(await readdir(dir)).toEqual(['lock']);
});

test('the lock of a killed process is free, also where its pid is in use again', async () => {
  const other = await heldByAnother();
  const record = JSON.parse(await readFile(path, 'utf8'));
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await lockHolder(path)).toBeUndefined();
  await writeFile(path, JSON.stringify({ ...record, pid: process.pid }));
  await using _lock = await acquireLock(path, { what: 'it' });
  expect(await readdir(dir)).toEqual(['lock']);
});

test('what a process left that died while it took over a dead one is taken over too, and cleared away', async () => {
  const dead = { pid: 2 ** 22 + 1, started: 'never', command: 'lab up a', since: new Date().toISOString() };
  await writeFile(path, JSON.stringify({ ...dead, id: 'first' }));
  await writeFile(`${path}.first`, JSON.stringify({ ...dead, id: 'second' }));
  await writeFile(`${path}.second`, JSON.stringify({ ...dead, id: 'third' }));
  await writeFile(`${path}.third.new`, JSON.stringify({ ...dead, id: 'third' }));
  await using _lock = await acquireLock(path, { what: 'it' });
  expect((await lockHolder(path))?.pid).toBe(process.pid);
  expect(await readdir(dir)).toEqual(['lock']);
});

test('a file that a power failure emptied holds nobody up', async () => {
  await writeFile(path, '');
  await using _lock = await acquireLock(path, { what: 'it' });
  expect((await lockHolder(path))?.pid).toBe(process.pid);
});

test('of many processes that take it, and die with it, never two have it', { timeout: 60_000 }, async () => {
  const contender = join(import.meta.dirname, 'lock-contender.ts');
  const run = () => execa(process.execPath, [contender, dir, '4'], { reject: false });
  const crowd = async () => [await run(), await run(), await run()];
  const results = (await Promise.all([crowd(), crowd(), crowd(), crowd(), crowd()])).flat();
  expect(results.map(({ stdout, stderr }) => stdout + stderr)).toEqual(results.map(() => ''));
  expect(results.map(({ signal }) => signal)).toEqual(results.map(() => 'SIGKILL'));
  await using _lock = await acquireLock(path, { what: 'it' });
  expect((await readdir(dir)).sort()).toEqual(['inside', 'lock']);
});

test('a holder of another day is named with the day', () => {
  const since = new Date(2026, 1, 3, 12, 1, 2);
  const held = { pid: 1234, started: '', id: '', command: 'lab up tun-basic', since: since.toISOString() };
  expect(describeHolder(held, since)).toBe('process 1234 (lab up tun-basic) since 12:01:02');
  expect(describeHolder(held, new Date(2026, 1, 4, 12))).toBe(
    'process 1234 (lab up tun-basic) since 2026-02-03 12:01:02',
  );
});

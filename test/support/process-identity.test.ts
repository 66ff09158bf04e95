import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { endProcess, findByMark, identify, isAlive, type ProcessIdentity } from '../../src/support/process-identity.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A shell that has said that it runs, so that its traps are set. */
const shell = async (script: string, ...args: string[]): Promise<ProcessIdentity> => {
  const child = spawn('sh', ['-c', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return (await identify(child.pid as number)) as ProcessIdentity;
};
const FOREVER = 'echo up; while :; do sleep 0.02; done';

test('a process is itself, and nobody else', async () => {
  const self = (await identify(process.pid)) as ProcessIdentity;
  expect(await identify(process.pid)).toEqual(self);
  expect(await isAlive(self)).toBe(true);
  expect(await isAlive({ ...self, started: `${self.started}0` })).toBe(false);
  expect(await isAlive({ ...self, pid: 2 ** 22 + 1 })).toBe(false);
  expect(await identify(2 ** 22 + 1)).toBeUndefined();
});

test('ending gives back as soon as the process is gone', async () => {
  const identity = await shell(FOREVER);
  const begin = performance.now();
  await endProcess(identity, { grace: 60_000 });
  expect(performance.now() - begin).toBeLessThan(5_000);
  expect(await isAlive(identity)).toBe(false);
  await endProcess(identity, { grace: 60_000 });
});

test('one that ignores SIGTERM is killed after the grace', async () => {
  const identity = await shell(`trap '' TERM; ${FOREVER}`);
  await endProcess(identity, { grace: 50 });
  expect(await isAlive(identity)).toBe(false);
});

test('one that is stopped still gets to end by itself', async () => {
  const identity = await shell(`trap 'exit 7' TERM; ${FOREVER}`);
  const ended = once(children.at(-1) as ChildProcess, 'exit');
  process.kill(identity.pid, 'SIGSTOP');
  await endProcess(identity, { grace: 60_000 });
  expect(await ended).toEqual([7, null]);
});

test('a process that has the pid of another is left alone', async () => {
  const identity = await shell(FOREVER);
  await endProcess({ ...identity, started: 'earlier' }, { grace: 0 });
  expect(await isAlive(identity)).toBe(true);
});

test.runIf(process.platform === 'linux')('a zombie is gone', async () => {
  const parent = await shell('sleep 0 & echo $!; exec sleep 60');
  // The sleep that the shell became never waits for the child that the shell had.
  let zombie: number | undefined;
  for (let tries = 0; zombie === undefined && tries < 100; tries++, await sleep(20)) {
    const [pid] = (await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')).trim().split(' ');
    if (pid && (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z ')) zombie = Number(pid);
  }
  expect(zombie).toBeDefined();
  expect(await identify(zombie as number)).toBeUndefined();
});

test('processes are found by a part of an argument', async () => {
  const mark = `/run/lab-${process.pid} with 'quotes'/`;
  const identity = await shell(FOREVER, 'name', `-chardev=${mark}console.sock`);
  await shell(FOREVER, 'name', 'another');
  const found = await findByMark(mark);
  expect(found.map((each) => each.identity)).toEqual([identity]);
  expect(found[0]?.argv).toEqual(['sh', '-c', FOREVER, 'name', `-chardev=${mark}console.sock`]);
  await endProcess(identity, { grace: 1_000 });
  expect(await findByMark(mark)).toEqual([]);
});

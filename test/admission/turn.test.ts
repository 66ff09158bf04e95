import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Demand } from '../../src/admission/ticket.ts';
import { Turn, type TurnOptions } from '../../src/admission/turn.ts';

let dir: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-turn-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

const ENOUGH = { left: 1000, most: 1000, holders: [] };

const draw = (instance: string, demand: Partial<Demand> = {}, options: Partial<TurnOptions> = {}) =>
  Turn.draw(
    { instance, doing: `bringing up ${instance}`, cpus: 1, memory: 1, ...demand },
    { dir, limit: 1, memory: async () => ENOUGH, signal: new AbortController().signal, ...options },
  );

/** Lines that a turn says while it waits, a promise of one that matches, and of its coming. */
const waitFor = (turn: Turn) => {
  const lines: string[] = [];
  const come = turn.wait((line) => lines.push(line));
  const says = (pattern: RegExp) => vi.waitUntil(() => lines.some((line) => pattern.test(line)), { timeout: 10_000 });
  return { lines, come, says };
};

const ticketsIn = async () => (await readdir(dir)).filter((name) => name.endsWith('.json'));

test('a turn is taken at once where there is room, and leaves nothing', async () => {
  {
    await using turn = await draw('g1');
    expect(await turn.lack()).toBeUndefined();
    expect(await ticketsIn()).toHaveLength(1);
  }
  expect(await readdir(dir)).toEqual([]);
});

test('others wait in the order in which they came, and are told once for whom', async () => {
  const first = await draw('g1');
  expect(await first.lack()).toBeUndefined();
  const second = await draw('g2');
  const third = await draw('g3');
  const [behind, last] = [waitFor(second), waitFor(third)];
  await last.says(/ busy bringing up g1 \(process \d+, lab.*\); before it in the queue: g2$/);
  await first[Symbol.asyncDispose]();
  await behind.come;
  await last.says(/ busy bringing up g2 \(process \d+, lab.*\)$/);
  await second[Symbol.asyncDispose]();
  await last.come;
  await third[Symbol.asyncDispose]();
  expect(behind.lines).toEqual([expect.stringMatching(/ busy bringing up g1 \(process \d+, lab.*\)$/)]);
  expect(new Set(last.lines).size).toBe(last.lines.length);
});

test('memory is waited for, and nobody goes past who wants some', async () => {
  let left = 0;
  const memory = async () => ({ left, most: 1000, holders: ['old'] });
  await using large = await draw('large', { memory: 500 }, { memory });
  await using small = await draw('small', {}, { memory });
  await using reboot = await draw('up', { memory: 0 }, { memory });
  expect(await large.lack()).toMatchObject({ of: 'memory', left: 0, holders: ['old'] });
  left = 100;
  expect(await small.lack()).toMatchObject({ of: 'cores', before: [{ instance: 'large', wantsMemory: true }] });
  expect(await reboot.lack()).toBeUndefined();
  await reboot[Symbol.asyncDispose]();
  left = 500;
  expect(await large.lack()).toBeUndefined();
});

test('whoever is admitted is told to the one who counts the memory', async () => {
  await using first = await draw('g1', { memory: 300 }, { limit: 2 });
  await first.lack();
  const seen: string[][] = [];
  const memory: TurnOptions['memory'] = async (admitted) => {
    seen.push(admitted.map((each) => `${each.instance} ${each.memory}`));
    return ENOUGH;
  };
  await using second = await draw('g2', {}, { limit: 2, memory });
  await second.lack();
  expect(seen).toEqual([['g1 300']]);
});

test('the signal ends the waiting with its reason, and the place in the queue can be given back', async () => {
  await using first = await draw('g1');
  await first.lack();
  const stop = new AbortController();
  const second = await draw('g2', {}, { signal: stop.signal });
  const { come } = waitFor(second);
  stop.abort(new Error('enough'));
  await expect(come).rejects.toThrow('enough');
  await second[Symbol.asyncDispose]();
  expect(await ticketsIn()).toHaveLength(1);
});

describe('processes that are killed', { timeout: 60_000 }, () => {
  /** Another process with a ticket; `says` gives the lines that it prints. */
  const taker = (name: string, ...more: string[]) => {
    const script = join(import.meta.dirname, 'turn-taker.ts');
    const child = spawn(process.execPath, [script, dir, name, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines: string[] = [];
    const reader = createInterface(child.stdout);
    reader.on('line', (line) => lines.push(line));
    const says = async (text: string) => {
      while (!lines.some((line) => line.includes(text))) await once(reader, 'line');
    };
    return { child, lines, says };
  };

  test('hold nobody up: neither one whose turn it was nor one that waited', async () => {
    const first = taker('g1');
    await first.says('mine');
    const second = taker('g2');
    await second.says('busy bringing up g1');
    const third = taker('g3', '0');
    await third.says('before it in the queue: g2');
    second.child.kill('SIGKILL');
    first.child.kill('SIGKILL');
    await third.says('mine');
    if (third.child.exitCode === null) await once(third.child, 'exit');
    expect(await readdir(join(dir, 'queue'))).toEqual([]);
  });

  test('of many that take turns and are killed, never two have theirs', { timeout: 120_000 }, async () => {
    const crowd = Array.from({ length: 6 }, (_, index) => taker(`g${index}`, ...(index % 3 === 0 ? [] : ['200'])));
    for (const each of crowd.filter((_, index) => index % 3 === 0))
      void each.says('mine').then(() => each.child.kill('SIGKILL'));
    await Promise.all(crowd.map(({ child }) => once(child, 'exit')));
    expect(crowd.flatMap(({ lines }) => lines.filter((line) => line.startsWith('it is the turn')))).toEqual([]);
    expect(crowd.filter(({ lines }) => lines.includes('mine'))).toHaveLength(6);
  });
});

test('a ticket that a power failure emptied, and one of an earlier boot, hold nobody up', async () => {
  const old = await draw('old');
  await old.lack();
  const [name] = await ticketsIn();
  const file = join(dir, name as string);
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), started: 'another boot:1' }));
  await writeFile(join(dir, '000000000-empty.json'), '');
  await writeFile(join(dir, '000000009-half.json.0.tmp'), '{');
  await using turn = await draw('new');
  expect(await turn.lack()).toBeUndefined();
  expect(await readdir(dir)).toHaveLength(1);
});

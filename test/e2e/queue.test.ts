import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { filesLeft, LAB_HOME, lab, labMust, printed, processesLeft, startLab, writeTinyLab } from './harness.ts';
import { inFull } from './scope.ts';

/** One machine at a time comes up. */
const ONE = { LAB_MAX_STARTING: '1' };
const NAMES = ['q1', 'q2', 'q3', 'q4'];

let tiny: string;
beforeAll(async () => {
  tiny = await writeTinyLab('tiny');
  // Builds the image and saves its machine, so that what follows waits for turns alone.
  await labMust('up', tiny);
  await labMust('down', 'tiny');
});
const started: ReturnType<typeof startLab>[] = [];
afterEach(async () => {
  // Those of a test that failed would keep their turn, or bring up an instance beside the next test.
  for (const each of started.splice(0)) each.kill('SIGKILL');
  await lab(['down', '--all']);
});
afterAll(async () => {
  await lab(['prune']);
  await lab(['image', 'prune', '--limit', '0']);
});

const up = (name: string, env: Record<string, string> = ONE) => {
  const one = startLab(['up', tiny, '--name', name], { env });
  started.push(one);
  return one;
};

/** A `lab up` that is stopped in its turn, so that it keeps it for as long as the test wants. */
const heldTurn = async (name: string) => {
  const holder = up(name);
  await printed(holder, /Prepare 1 machine/);
  holder.kill('SIGSTOP');
  return { holder };
};

const tickets = async () => (await readdir(join(LAB_HOME, 'state', 'queue'))).filter((file) => file.endsWith('.json'));

test('four labs at once take turns, say for whom they wait, and all come up', async () => {
  const [first, ...others] = NAMES;
  const { holder } = await heldTurn(first as string);
  const waiting = others.map((name) => up(name));
  await Promise.all(waiting.map((each) => printed(each, /Wait for a turn: \d+ cores? (is|are) busy bringing up q1/)));
  expect(await tickets()).toHaveLength(4);
  holder.kill('SIGCONT');
  const outcomes = await Promise.all([holder, ...waiting]);
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  for (const { stderr } of outcomes.slice(1))
    expect(stderr).toContain(`busy bringing up q1 (process ${holder.pid}, lab up ${tiny} --name q1)`);
  // Of the three that waited, two have waited for another one of them as well.
  const told = outcomes.slice(1).map(({ stderr }) => String(stderr).match(/busy bringing up q\d/g)?.length ?? 0);
  expect(told.sort()).toEqual([1, 2, 3]);
  for (const name of NAMES) await labMust('exec', name, 'one', 'true');
  expect(await tickets()).toEqual([]);
});

test('kill -9 of one whose turn it is, and of one that waits, holds nobody up', async () => {
  const { holder } = await heldTurn('q1');
  const second = up('q2');
  await printed(second, /busy bringing up q1/);
  const third = up('q3');
  await printed(third, /before it in the queue: q2/);
  second.kill('SIGKILL');
  holder.kill('SIGKILL');
  await Promise.all([holder, second]);
  expect((await third).exitCode).toBe(0);
  // The one that waited had made nothing yet.
  const { stdout } = await labMust('list');
  expect(stdout).toMatch(/^q1 .*left behind/m);
  expect(stdout).not.toMatch(/^q2 /m);
  await labMust('prune');
});

inFull('Ctrl-C while it waits leaves nothing', async () => {
  const { holder } = await heldTurn('q1');
  const second = up('q2');
  await printed(second, /Wait for a turn/);
  second.kill('SIGINT');
  const { exitCode, stderr } = await second;
  expect(exitCode).toBe(130);
  expect(stderr).toMatch(/lab: interrupted by SIGINT$/);
  expect(filesLeft('q2')).not.toContain('q2');
  expect(await tickets()).toHaveLength(1);
  holder.kill('SIGCONT');
  expect((await holder).exitCode).toBe(0);
});

inFull('reboot, start and reset take turns as well', async () => {
  for (const name of ['q2', 'q3']) await labMust('up', tiny, '--name', name);
  await labMust('stop', 'q3');
  // What was not saved cannot be reset.
  expect((await lab(['up', tiny, '--name', 'q4'], { LAB_STATES_MAX: '10G' })).exitCode).toBe(0);
  const { holder } = await heldTurn('q1');
  const others = [
    ['reboot', 'q2'],
    ['start', 'q3'],
    ['reset', 'q4'],
  ].map((args) => startLab(args, { env: ONE }));
  started.push(...others);
  await Promise.all(others.map((each) => printed(each, /busy bringing up q1/)));
  holder.kill('SIGCONT');
  const outcomes = await Promise.all([holder, ...others]);
  expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
});

describe('memory', () => {
  // A machine of 256 MiB counts for 368.
  const FOR_ONE = { LAB_MAX_MEMORY: '600M' };

  inFull('that an instance has is waited for until that is taken down', async () => {
    await labMust('up', tiny, '--name', 'q1');
    const second = up('q2', FOR_ONE);
    await printed(second, /it needs 368 MiB of memory, and 232 MiB are left beside what q1 may take; lab down/);
    await labMust('down', 'q1');
    expect((await second).exitCode).toBe(0);
  });

  inFull('does not hold up who has it already', async () => {
    await labMust('up', tiny, '--name', 'q1');
    const second = up('q2', FOR_ONE);
    await printed(second, /it needs 368 MiB/);
    expect((await lab(['reboot', 'q1'], FOR_ONE)).exitCode).toBe(0);
    second.kill('SIGINT');
    expect((await second).exitCode).toBe(130);
  });

  inFull('that can never be there is told at once', async () => {
    await labMust('up', tiny, '--name', 'q1');
    const second = await up('q2', { LAB_MAX_MEMORY: '300M' });
    expect(second.exitCode).toBe(3);
    expect(second.stderr).toContain('cannot bring up q2: it needs 368 MiB of memory');
    expect(second.stderr).not.toContain('Wait for a turn');
    expect(filesLeft('q2')).not.toContain('q2');
    expect(await tickets()).toEqual([]);
  });
});

test('a limit that is none is refused before anything is made', async () => {
  for (const env of [{ LAB_MAX_STARTING: 'two' }, { LAB_MAX_MEMORY: 'much' }]) {
    const outcome = await up('q1', env as unknown as Record<string, string>);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain(Object.values(env)[0]);
  }
  expect(processesLeft()).toEqual([]);
});

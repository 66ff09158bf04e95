import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { printResults } from '../../src/cli/report.ts';
import type { Session } from '../../src/cli/session.ts';
import { prune } from '../../src/instances/life/prune.ts';
import { instanceNamed, readInstance } from '../../src/instances/store.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { exitCodeOfAll, type Result } from '../../src/report/report.ts';
import { Interrupted, LabError } from '../../src/support/errors.ts';
import { type Anew, type TestOptions, testLabs } from '../../src/testing/test-labs.ts';
import { instancesLeft, onStage, requestOf, smallLab, ticketsLeft } from '../instances/stage.ts';

const theatre = onStage();

const anew = (lab: Lab, change: Partial<Anew['request']> = {}): Anew => ({
  title: lab.name,
  request: { ...requestOf(lab), ...change },
});
const named = (name: string, change: Partial<Lab> = {}): Lab => smallLab({ name, ...change });
const testThem = (targets: Parameters<typeof testLabs>[1], options: Partial<TestOptions> = {}): Promise<Result[]> =>
  testLabs(theatre.stage, targets, { jobs: 2, keep: false, ...options }, theatre.stage.show, theatre.stage.signal);
const told = (results: readonly Result[]): string[] =>
  results.map(({ title, found }) =>
    'trouble' in found
      ? `${title} trouble: ${found.trouble.message}`
      : `${title} ${found.report.verdicts.map(({ check, status }) => `${check} ${status}`).join(', ')}`,
  );

/** Checks fail, or machines do not come up, where the name of the instance says so. */
const byName = (): void =>
  theatre.stage.behave({
    before: ({ what, instance }) => {
      if (what === 'start' && instance.startsWith('broken'))
        throw new LabError({ tried: 'start', happened: 'no luck', next: 'try again' });
      if (what === 'create' && instance.startsWith('defect')) throw new TypeError('nothing is a function');
    },
    answer: ({ instance }, command) =>
      command === 'probe share' && instance.startsWith('red') ? { stdout: 'fail' } : undefined,
  });

describe('several labs', () => {
  test('are all tested, the results in their order, and one that fails does not stop the others', async () => {
    byName();
    const names = ['red', 'broken', 'green', 'defect', 'last'];
    const results = await testThem(names.map((name) => anew(named(name))));
    expect(told(results)).toEqual([
      'red rotation pass, share fail',
      'broken trouble: cannot start: no luck',
      'green rotation pass, share pass',
      expect.stringMatching(/^defect trouble: this is a defect in lab itself: TypeError: nothing is a function\n +at /),
      'last rotation pass, share pass',
    ]);
    expect(results[1]?.found).toMatchObject({ trouble: { next: expect.stringMatching(/^try again; consoles/) } });
    expect(results.map(({ bundle }) => bundle !== undefined)).toEqual([true, false, false, false, false]);
    expect(exitCodeOfAll(results)).toBe(3);
    expect(await instancesLeft()).toEqual([]);
    expect(theatre.stage.host.running()).toEqual([]);
    expect(await ticketsLeft()).toEqual([]);
  });

  test('are each told of while they are tested', async () => {
    byName();
    await testThem(['red', 'broken', 'green'].map((name) => anew(named(name))));
    const { lines } = theatre.stage;
    expect(lines[0]).toBe('• Test 3 labs, 2 at a time');
    expect(lines.filter((line) => /^ {2}[✓✗] /.test(line)).sort()).toEqual([
      '  ✓ green: 2 of 2 checks passed',
      '  ✗ broken',
      '  ✗ red',
    ]);
    expect(lines.at(-1)).toBe('✗ Test 3 labs, 2 at a time');
    expect(lines).toContain('  red: ✓ Take everything down');
  });

  test.each([1, 2, 4])('%i at a time', async (jobs) => {
    const begun = new Set<string>();
    let most = 0;
    theatre.stage.behave({
      before: async ({ what, instance }) => {
        if (what === 'remove') begun.delete(instance);
        if (what !== 'create') return;
        begun.add(instance);
        most = Math.max(most, begun.size);
        // The first wait for each other, and for one more that must not come: as many are at it as may be.
        if (begun.size === 1) await sleep(200);
        await vi.waitFor(() => expect(most).toBeGreaterThanOrEqual(jobs), 10_000);
      },
    });
    const results = await testThem(
      ['a', 'b', 'c', 'd', 'e'].map((name) => anew(named(name))),
      { jobs },
    );
    expect(results.map(({ title }) => title)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(exitCodeOfAll(results)).toBe(0);
    expect(most).toBe(jobs);
  });

  test('take turns where the host is good for one at a time', async () => {
    vi.stubEnv('LAB_MAX_STARTING', '2');
    const isWaiting = /: Wait for a turn: .* busy bringing up [abc]-test-/;
    // Whoever comes first stays until others wait for it.
    const { stage } = theatre;
    stage.when('create', () => vi.waitFor(() => expect(stage.lines.join('\n')).toMatch(isWaiting), 10_000));
    const results = await testThem(
      ['a', 'b', 'c'].map((name) => anew(named(name))),
      { jobs: 3 },
    );
    expect(exitCodeOfAll(results)).toBe(0);
    expect(await ticketsLeft()).toEqual([]);
  });

  test('are taken down when Ctrl-C comes, also with --keep, and what was up already is left alone', async () => {
    await theatre.stage.up(named('mine'));
    theatre.stage.behave({
      before: ({ instance, command }) => {
        if (instance.startsWith('a-test-') && command === 'probe share') theatre.stage.interrupt();
      },
    });
    const mine = { title: 'mine', instance: await instanceNamed('mine') };
    const targets = [anew(named('a')), mine, anew(named('b')), anew(named('c'))];
    await expect(testThem(targets, { keep: true, jobs: 3 })).rejects.toBeInstanceOf(Interrupted);
    expect(await instancesLeft()).toEqual(['mine']);
    expect(theatre.stage.host.running()).toEqual(['mine/rs1', 'mine/rs2']);
    expect(await ticketsLeft()).toEqual([]);
  });

  test('are reported together, and the exit code tells the worst of it', async () => {
    byName();
    const results = await testThem(['red', 'broken', 'green'].map((name) => anew(named(name))));
    const file = join(process.env.LAB_HOME as string, 'report.xml');
    const printed: string[] = [];
    const session = { exitCode: 0, print: (text: string) => printed.push(text), tell: () => {} } as unknown as Session;
    await printResults(
      results,
      { outputs: [{ reporter: 'json' }, { reporter: 'junit', file }], seconds: 1, single: false },
      session,
    );
    const { exitCode, counts, labs } = JSON.parse(printed.join(''));
    expect(counts).toEqual({ pass: 1, fail: 1, error: 1, skip: 0 });
    expect(labs.map((each: { lab: string; exitCode: number }) => [each.lab, each.exitCode])).toEqual([
      ['red', 1],
      ['broken', 3],
      ['green', 0],
    ]);
    expect([exitCode, session.exitCode]).toEqual([3, 3]);
    expect(await readFile(file, 'utf8')).toMatch(/^<testsuites name="lab" tests="5" failures="1" errors="1"/m);
  });
});

describe('one lab', () => {
  test('is brought up under a name of its own, which says whose it is, and taken down', async () => {
    const owners: (number | undefined)[] = [];
    theatre.stage.behave({
      before: async ({ instance }) => void owners.push((await readInstance(instance))?.owner?.pid),
    });
    const [result] = await testThem([anew(named('green'))]);
    expect(result?.found).toMatchObject({ report: { instance: expect.stringMatching(/^green-test-[0-9a-f]{6}$/) } });
    expect(new Set(owners.slice(0, -1))).toEqual(new Set([process.pid]));
    expect(theatre.stage.steps().slice(-2)).toEqual(['✓ Verify: 2 of 2 checks passed', '✓ Take everything down']);
    expect(await instancesLeft()).toEqual([]);
  });

  test('that is red stays up with --keep, and is the user’s from then on', async () => {
    byName();
    const [result] = await testThem([anew(named('red'))], { keep: true });
    expect(await instancesLeft()).toEqual([result?.kept]);
    expect((await readInstance(result?.kept as string))?.owner).toBeUndefined();
    expect(await prune(theatre.stage.providers)).toEqual([]);
    expect(theatre.stage.host.running()).toHaveLength(2);
  });

  test('that did not come up stays with --keep, too; one that is green does not', async () => {
    byName();
    const [broken, green] = await testThem([anew(named('broken')), anew(named('green'))], { keep: true });
    expect(broken?.kept).toMatch(/^broken-test-/);
    expect(green?.kept).toBeUndefined();
    expect(await instancesLeft()).toEqual([broken?.kept]);
  });

  test('without checks comes up, and that is no verdict', async () => {
    const results = await testThem([anew(named('bare', { checks: [] }))]);
    expect(told(results)).toEqual(['bare ']);
    expect(exitCodeOfAll(results)).toBe(4);
    expect(theatre.stage.acts()).toContain('start');
    expect(await instancesLeft()).toEqual([]);
  });

  test('is tested by the checks that are named', async () => {
    const results = await testThem([anew(named('red'))], { checks: ['rotation'] });
    expect(told(results)).toEqual(['red rotation pass']);
  });

  test('that cannot be taken down is in trouble, whatever was found', async () => {
    theatre.stage.when('remove', () => {
      throw new LabError({ tried: 'remove', happened: 'it clings to life' });
    });
    expect(told(await testThem([anew(named('green'))]))).toEqual(['green trouble: cannot remove: it clings to life']);
  });

  test('that needs more memory than the host has is in trouble', async () => {
    vi.stubEnv('LAB_MAX_MEMORY', '200M');
    const [result] = await testThem([anew(named('big'))]);
    expect(result?.found).toMatchObject({
      trouble: { message: expect.stringMatching(/^cannot bring up big-test-.*memory/) },
    });
    expect(await instancesLeft()).toEqual([]);
  });

  test('is proven by its sabotages where it is green, and not where it is red', async () => {
    byName();
    const sabotages = [
      {
        name: 'rotation',
        summary: 'it breaks',
        break: [{ node: 'rs1', command: 'break rotation' }],
        undo: [{ node: 'rs1', command: 'mend rotation' }],
        red: ['rotation'],
      },
    ];
    const labs = ['green', 'red'].map((name) => anew(named(name, { sabotages })));
    expect(told(await testThem(labs, { prove: true }))).toEqual([
      'green rotation pass, share pass, prove/rotation pass',
      'red rotation pass, share fail',
    ]);
    expect(await instancesLeft()).toEqual([]);
  });
});

test('after a kill -9, prune removes what was brought up, also where it was up already', async () => {
  const owner = { pid: 2 ** 22 + 1, started: 'long ago' };
  await theatre.stage.up(named('green'), { name: 'green-test-0', owner });
  expect(await prune(theatre.stage.providers)).toEqual(['instance green-test-0, whose test was killed']);
  expect(theatre.stage.host.running()).toEqual([]);
});

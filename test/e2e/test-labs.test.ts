import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { filesLeft, lab, labMust, printed, processesLeft, RUN_BASE, startLab, writeTinyLab } from './harness.ts';
import { inFull } from './scope.ts';

const dir = `${RUN_BASE}-labs`;

/** A lab of direct routing with two real servers and these checks. */
const writeLab = async (name: string, scheduler: string, checks: string): Promise<string> => {
  const file = join(dir, `${name}.yaml`);
  await writeFile(
    file,
    `name: ${name}
summary: two real servers on one segment
segments: { lan: 192.168.7.0/24 }
nodes:
  client: { links: { lan: 192.168.7.1 } }
  director: { links: { lan: 192.168.7.2 } }
  rs1: { links: { lan: 192.168.7.3 } }
  rs2: { links: { lan: 192.168.7.4 } }
clients: [client]
services:
  web: { vip: 192.168.7.100, port: 80, forward: dr, scheduler: ${scheduler}, director: director, real-servers: [rs1, rs2] }
checks: [${checks}]
`,
  );
  return file;
};

let tiny: string;
let green: string;
let red: string;
let broken: string;
beforeAll(async () => {
  tiny = await writeTinyLab('tiny');
  green = await writeLab('green', 'rr', 'reachable, rotation');
  // With sh one client gets one real server.
  red = await writeLab('red', 'sh', 'reachable, rotation');
  broken = join(dir, 'broken.yaml');
  const nodes = Array.from(
    { length: 100 },
    (_, index) => `  n${index}: { links: { lan: 192.168.7.${index + 1} }, memory: 64G }\n`,
  );
  await writeFile(
    broken,
    `name: broken\nsummary: more memory than any host has\nsegments: { lan: 192.168.7.0/24 }\nnodes:\n${nodes.join('')}`,
  );
});

const instances = async (): Promise<string[]> =>
  JSON.parse((await labMust('list', '-f', 'json')).stdout).instances.map(({ name }: { name: string }) => name);

describe('several labs, one of them up already', () => {
  const reports = { junit: join(dir, 'out', 'report.xml'), html: join(dir, 'out', 'report.html') };
  let outcome: Awaited<ReturnType<typeof lab>>;
  beforeAll(async () => {
    await labMust('up', green, '--name', 'mine', '--no-test');
    const files = Object.entries(reports).flatMap(([reporter, file]) => ['-r', `${reporter}=${file}`]);
    outcome = await lab(['test', red, broken, 'mine', green, '--jobs', '2', '-r', 'json', ...files]);
  });
  afterAll(() => lab(['down', '--all']));

  test('are all tested, and the exit code tells the worst of it', () => {
    const { exitCode, counts, labs } = JSON.parse(outcome.stdout);
    expect(counts).toEqual({ pass: 2, fail: 1, error: 1, skip: 0 });
    expect(labs.map((each: { lab: string; exitCode: number }) => [each.lab, each.exitCode])).toEqual([
      ['red', 1],
      ['broken', 3],
      ['green', 0],
      ['green', 0],
    ]);
    expect(labs[1].error.message).toContain('cannot bring up broken-test-');
    expect(labs[1].error.message).toContain('of memory');
    expect(labs[2].instance).toBe('mine');
    expect([exitCode, outcome.exitCode]).toEqual([3, 3]);
  });

  test('are reported in files as well', async () => {
    const xml = await readFile(reports.junit, 'utf8');
    expect(Array.from(xml.matchAll(/<testsuite name="([^"]*)"/g), ([, name]) => name)).toEqual([
      'red',
      'broken',
      'mine',
      'green',
    ]);
    expect(xml).toMatch(/^<testsuites name="lab" tests="7" failures="1" errors="1"/m);
    expect(await readFile(reports.html, 'utf8')).toContain('<h1>4 labs: 2 passed, 1 failed, 1 broken');
  });

  test('are each told of while they are tested', () => {
    expect(outcome.stderr).toContain('• Test 4 labs, 2 at a time');
    expect(outcome.stderr).toMatch(/^ {2}✗ red \(/m);
    expect(outcome.stderr).toMatch(/^ {2}✗ broken \(/m);
    expect(outcome.stderr).toMatch(/^ {2}✓ mine \(.*\): 2 of 2 checks passed$/m);
    expect(outcome.stderr).toMatch(/^What explains the failure of red is in \S+\/bundles\/\S+-red-test-\w+-\d+$/m);
  });

  test('are taken down again, but for the one that was up', async () => {
    expect(await instances()).toEqual(['mine']);
    expect(processesLeft().filter((line) => !line.includes('/instances/mine/') && !line.includes('.switch'))).toEqual(
      [],
    );
  });
});

describe('one lab or two', () => {
  afterEach(() => lab(['down', '--all']));

  test('a red lab is exit code 1, and stays up with --keep under the name that is told', async () => {
    const outcome = await lab(['test', red, '--keep']);
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stdout).toMatch(/^FAIL +rotation/m);
    const [name] = await instances();
    expect(name).toMatch(/^red-test-[0-9a-f]{6}$/);
    expect(outcome.stderr).toContain(`red was left up as ${name}. Take it down: lab down ${name}`);
    // It is the user's from now on.
    expect((await labMust('prune')).stdout).not.toContain(name);
    const document = JSON.parse((await lab(['test', name as string, '-c', 'reachable', '-f', 'json'])).stdout);
    expect(document).toMatchObject({ lab: 'red', instance: name, exitCode: 0, error: null });
    await labMust('down', name as string);
    expect(processesLeft()).toEqual([]);
  });

  inFull('a lab without checks comes up, and that is no verdict', async () => {
    const outcome = await lab(['test', tiny]);
    expect(outcome.exitCode).toBe(4);
    expect(outcome.stdout).toBe('tiny: no checks');
    expect(await instances()).toEqual([]);
  });

  test('nothing starts where one of the words is wrong, and all that is wrong is told', async () => {
    const bad = join(dir, 'bad.yaml');
    await writeFile(bad, 'name: bad\nsummary: no nodes\nsegments: { lan: 192.168.7.0/24 }\n');
    const outcome = await lab(['test', green, bad, 'nosuch']);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain(`${bad}:1:1`);
    expect(outcome.stderr).toContain('cannot test nosuch: there is no instance and no lab of that name');
    expect(outcome.stderr).toContain('nothing was started');
    for (const args of [
      [],
      ['--all', green],
      [green, '-r', 'json', '-r', 'html'],
      [green, '-c', 'nosuch'],
      [green, '-j', '0'],
    ])
      expect((await lab(['test', ...args])).exitCode).toBe(2);
    expect(processesLeft()).toEqual([]);
  });

  test('Ctrl-C takes down what was brought up, and nothing else', async () => {
    await labMust('up', tiny, '--name', 'mine');
    const run = startLab(['test', green, red, '--cold', '--jobs', '2', '--keep'], { env: { LAB_MAX_STARTING: '8' } });
    await Promise.all([printed(run, /green: .*Boot and provision/), printed(run, /red: .*Boot and provision/)]);
    run.kill('SIGINT');
    const { exitCode } = await run;
    expect(exitCode).toBe(130);
    expect(await instances()).toEqual(['mine']);
    await labMust('down', 'mine');
    expect(processesLeft()).toEqual([]);
  });

  test('after a kill -9 prune removes what was brought up, also where it was up already', async () => {
    const run = startLab(['test', green, '--no-save']);
    await printed(run, /client requests web/);
    run.kill('SIGKILL');
    await run;
    const { stdout } = await labMust('list');
    expect(stdout).toMatch(/^green-test-\w+ .*left behind: lab prune/m);
    expect((await labMust('prune')).stdout).toMatch(/removed instance green-test-\w+, whose test was killed/);
    expect(processesLeft()).toEqual([]);
    expect(filesLeft()).toEqual([]);
  });
});

import { readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesLeft, lab, labMust, printed, processesLeft, RUN_BASE, startLab, writeTinyLab } from './harness.ts';
import { copyImage, homeSharingImages } from './images.ts';
import { isFull, rows } from './scope.ts';

/** Ten in a full run. */
const COUNT = isFull ? 10 : 5;
const CLONES = Array.from({ length: COUNT }, (_, index) => `n${index + 1}`);

let ten: string;
let tiny: string;
beforeAll(async () => {
  tiny = await writeTinyLab('tiny');
  ten = join(`${RUN_BASE}-labs`, 'ten.yaml');
  const nodes = CLONES.map((name, index) => `  ${name}: { links: { lan: 192.168.7.${index + 1} } }\n`).join('');
  await writeFile(ten, `name: ten\nsummary: ten clones\nsegments: { lan: 192.168.7.0/24 }\nnodes:\n${nodes}`);
});
afterAll(() => lab(['down', '--all']));

const originsOf = async (name: string): Promise<string[]> =>
  JSON.parse((await labMust('status', name, '-f', 'json')).stdout).nodes.map((node: { origin: string }) => node.origin);

const verdictsOf = async (name: string): Promise<string[]> =>
  JSON.parse((await lab(['test', name, '-f', 'json'])).stdout).verdicts.map(
    (verdict: { check: string; status: string }) => `${verdict.check} ${verdict.status}`,
  );

describe('clones of one saved machine', () => {
  beforeAll(() => labMust('up', ten));
  afterAll(() => lab(['down', 'ten']));

  test.each([
    ['host keys', 'cat /etc/ssh/ssh_host_ed25519_key.pub'],
    ['machine-ids', 'cat /etc/machine-id'],
    ['random streams', 'head -c 32 /dev/urandom | od -An -tx1'],
    ['host names', 'cat /proc/sys/kernel/hostname'],
    ['MACs on their segment', 'cat /sys/class/net/eth1/address'],
  ])('have %s of their own', async (_, command) => {
    const { stdout } = await labMust('exec', '-f', 'json', 'ten', 'all', command);
    const found = JSON.parse(stdout).map((result: { stdout: string }) => result.stdout);
    expect(found).toHaveLength(COUNT);
    expect(new Set(found).size).toBe(COUNT);
  });

  test('were all resumed', async () => {
    expect(await originsOf('ten')).toEqual(CLONES.map(() => 'golden'));
  });

  test('have the NICs of their node and no others, and the clock of the host', async () => {
    const { stdout } = await labMust('exec', 'ten', 'n1', 'ls /sys/class/net | tr "\\n" " "; date +%s');
    const [nics, seconds] = [stdout.split(/\d{6}/)[0] ?? '', Number(stdout.match(/\d{9,}/)?.[0])];
    expect(nics.trim()).toBe('eth0 eth1 lo');
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(10);
  });

  test('reach each other, each at its own address', async () => {
    const { stdout } = await labMust(
      'exec',
      'ten',
      'n1',
      `for i in $(seq 2 ${COUNT}); do ping -c 1 -W 5 -q 192.168.7.$i >/dev/null && echo $i; done`,
    );
    expect(stdout.split('\n')).toEqual(CLONES.map((_, index) => String(index + 1)).slice(1));
  });

  test('keep their MAC when they reboot', async () => {
    const mac = () => labMust('exec', 'ten', 'n3', 'cat /sys/class/net/eth1/address').then(({ stdout }) => stdout);
    const before = await mac();
    await labMust('reboot', 'ten', 'n3');
    expect(await mac()).toBe(before);
  });
});

test('a node of another size boots beside those that are resumed', async () => {
  const file = join(`${RUN_BASE}-labs`, 'sizes.yaml');
  await writeFile(
    file,
    `name: sizes
summary: one machine that the saved one cannot be
segments: { lan: 192.168.7.0/24 }
nodes:
  large: { links: { lan: 192.168.7.1 }, memory: 320M }
  small: { links: { lan: 192.168.7.2 } }
`,
  );
  await labMust('up', file);
  expect(await originsOf('sizes')).toEqual(['cold', 'golden']);
  await labMust('exec', 'sizes', 'large', 'ping -c 1 -W 5 192.168.7.2');
  await labMust('down', 'sizes');
});

test('where the agent is gone, SSH serves', async () => {
  await labMust('up', 'tun-basic', '--name', 'agentless');
  for (const node of ['client', 'router', 'director', 'rs1', 'rs2'])
    await labMust('ssh', 'agentless', node, 'systemctl stop lab-agent');
  expect((await verdictsOf('agentless')).every((verdict) => verdict.endsWith(' pass'))).toBe(true);
  await labMust('down', 'agentless');
});

test('where the cache lies, and by what name, makes no other saved machine of it', async () => {
  const home = join(`${RUN_BASE}-labs`, 'linked');
  await labMust('up', tiny);
  await labMust('down', 'tiny');
  await homeSharingImages(home);
  const up = await labOf(home, 'up', tiny);
  expect(up.stderr).toContain('one: resumed');
  expect(up.stderr).not.toContain('saving a booted machine');
  await labOf(home, 'down', 'tiny');
});

describe('a saved machine that is damaged', () => {
  const damages: [what: string, file: string, damage: (file: string) => Promise<void>][] = [
    ['truncated memory', 'memory', (file: string) => truncate(file, 1_000_000)],
    ['other device state', 'devices', (file: string) => writeFile(file, 'not what was saved')],
  ];
  test.each(rows(damages, ([what]) => what === 'truncated memory'))(
    '%s: is noticed and made anew, and an instance that came from it lives on',
    async (_, name, damage) => {
      const home = join(`${RUN_BASE}-labs`, name);
      const image = await copyImage(home);
      await labOf(home, 'up', tiny, '--name', 'before');
      await labOf(home, 'stop', 'before');
      const golden = (await readdir(image)).find((entry) => entry.startsWith('golden-')) as string;
      await damage(join(image, golden, name));
      const again = await labOf(home, 'up', tiny);
      expect(again.stderr).toContain('saving a booted machine');
      expect(again.stderr).toContain('one: resumed');
      await labOf(home, 'start', 'before');
      await labOf(home, 'down', 'tiny', 'before');
    },
  );
});

test('kill -9 while it is being saved leaves nothing behind a prune, and the next up works', async () => {
  const home = join(`${RUN_BASE}-labs`, 'killed');
  const image = await copyImage(home);
  const up = startLab(['up', tiny], { env: { LAB_HOME: home } });
  await printed(up, /saving a booted machine/);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  up.kill('SIGKILL');
  await up;
  expect(processesLeft()).not.toEqual([]);
  await labOf(home, 'prune');
  expect(processesLeft()).toEqual([]);
  expect(filesLeft()).toEqual([]);
  expect((await readdir(join(image, '..'))).filter((name) => name.startsWith('.making-'))).toEqual([]);
  await labOf(home, 'up', tiny);
  await labOf(home, 'down', 'tiny');
});

const labOf = async (home: string, ...args: string[]) => {
  const outcome = await lab(args, { LAB_HOME: home });
  if (outcome.exitCode !== 0)
    throw new Error(`lab ${args.join(' ')}: exit code ${outcome.exitCode}\n${outcome.stderr}`);
  return outcome;
};

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAB_HOME, lab, labMust, onNode, printed, processesLeft, RUN_BASE, startLab, writeTinyLab } from './harness.ts';
import { inFull, isFull, rows } from './scope.ts';

process.env.LAB_STATES_MAX = '10G';

const STATES = join(LAB_HOME, 'cache', 'states');
const MOMENTS = join(LAB_HOME, 'state', 'moments');

beforeAll(forgetStates);
afterAll(async () => {
  await lab(['down', '--all']);
  await forgetStates();
});

async function forgetStates(): Promise<void> {
  await lab(['image', 'prune', '--limit', '0']);
}

const originsOf = async (name: string): Promise<string[]> => {
  const { nodes } = JSON.parse((await labMust('status', name, '-f', 'json')).stdout);
  return [...new Set<string>(nodes.map((node: { origin: string }) => node.origin))];
};

const statusesOf = async (name: string): Promise<string[]> => {
  const { nodes } = JSON.parse((await labMust('status', name, '-f', 'json')).stdout);
  return [...new Set<string>(nodes.map((node: { status: string }) => node.status))];
};

const verdictsIn = (stdout: string): string[] =>
  JSON.parse(stdout).verdicts.map(({ check, status }: { check: string; status: string }) => `${check} ${status}`);

/** The directory of the one saved state of a lab. */
const stateOf = async (name: string): Promise<string> => {
  const found = (await readdir(STATES)).filter((each) => each.startsWith(`${name}-`));
  expect(found).toHaveLength(1);
  return join(STATES, found[0] as string);
};

describe('tun-basic', () => {
  // Each by itself: of two, of which one is gone, none is taken down.
  afterAll(() => Promise.all(['golden', 'warm'].map((name) => lab(['down', name]))));

  // That labs have the same verdicts when they boot shows labs.ts.
  test('beside the instance that was saved runs another that is resumed from it, with the same verdicts', async () => {
    const golden = await labMust('up', 'tun-basic', '--name', 'golden', '-f', 'json');
    const warm = await labMust('up', 'tun-basic', '--name', 'warm', '-f', 'json');
    expect(await Promise.all(['golden', 'warm'].map(originsOf))).toEqual([['golden'], ['warm']]);
    const verdicts = verdictsIn(golden.stdout);
    expect(verdicts.every((verdict) => verdict.endsWith(' pass'))).toBe(true);
    expect(verdictsIn(warm.stdout)).toEqual(verdicts);
    // What provisioning wrote is there, and what is the machine's own is not another's.
    expect(await onNode('warm', 'client', 'getent hosts rs2')).toMatch(/^192\.168\.2\.210 +rs2$/);
    await labMust('down', 'golden');
  });

  test('reset puts it back to where it was, and leaves it its identity', async () => {
    const identity = 'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/machine-id';
    const before = await onNode('warm', 'rs1', identity);
    await onNode('warm', 'rs1', 'echo changed >/var/www/html/index.html; echo mine >/root/mine; sync');
    await onNode('warm', 'director', 'ipvsadm -C');
    expect((await lab(['test', 'warm', '-c', 'reachable'])).exitCode).toBe(1);
    await labMust('reset', 'warm');
    await labMust('test', 'warm');
    expect(await onNode('warm', 'rs1', 'cat /var/www/html/index.html; ls /root')).toBe('rs1\nrs1.sh');
    expect(await onNode('warm', 'rs1', identity)).toBe(before);
    expect(Math.abs(Number(await onNode('warm', 'rs1', 'date +%s')) - Date.now() / 1000)).toBeLessThan(10);
  });

  test('after a reset, a reboot is survived', async () => {
    await labMust('reboot', 'warm', isFull ? 'all' : 'director');
    await labMust('test', 'warm');
  });

  inFull('a state on which a check fails is dropped, and the next up starts anew', async () => {
    const state = await stateOf('tun-basic');
    await onNode('warm', 'director', 'ipvsadm -d -t 192.168.2.100:80 -r 192.168.2.210:80');
    await labMust('save', 'warm', 'broken');
    const moment = join(MOMENTS, 'warm', 'broken');
    const { files } = JSON.parse(await readFile(join(moment, 'state.json'), 'utf8'));
    const manifest = JSON.parse(await readFile(join(state, 'state.json'), 'utf8'));
    for (const name of Object.keys(files)) await cp(join(moment, name), join(state, name));
    await writeFile(join(state, 'state.json'), JSON.stringify({ ...manifest, files }));
    await labMust('down', 'warm');
    const red = await lab(['up', 'tun-basic', '--name', 'warm']);
    expect(red.exitCode).toBe(1);
    expect(red.stderr).toContain('came from a saved state, which is dropped');
    const green = await labMust('up', 'tun-basic', '--name', 'warm', '--no-save');
    expect(green.stderr).toContain('Boot and provision');
    await labMust('down', 'warm');
    await labMust('image', 'rm', 'warm/broken');
  });
});

describe('a lab of one machine', () => {
  let tiny: string;
  beforeAll(async () => {
    tiny = await writeTinyLab('tiny');
    await labMust('up', tiny);
    await labMust('down', 'tiny');
  });
  afterAll(() => lab(['down', 'tiny']));

  test('resumes of one state each have host keys, machine-ids and random streams of their own', async () => {
    const times = isFull ? 10 : 4;
    const found: string[][] = [];
    for (let count = 0; count < times; count++) {
      await labMust('up', tiny);
      expect(await originsOf('tiny')).toEqual(['warm']);
      const told = await onNode(
        'tiny',
        'one',
        'cat /etc/ssh/ssh_host_ed25519_key.pub /etc/machine-id; head -c 32 /dev/urandom | od -An -tx1 | tr -d " \\n"',
      );
      found.push(told.split('\n'));
      await labMust('down', 'tiny');
    }
    for (const position of [0, 1, 2]) expect(new Set(found.map((lines) => lines[position])).size).toBe(times);
  });

  test('what a saved state is made of is for its owner alone', async () => {
    const dir = await stateOf('tiny');
    const modes = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modes(dir)).toBe('700');
    for (const file of ['state.json', 'machines.json', 'one/memory', 'one/devices', 'one/disk'])
      expect(`${file} ${await modes(join(dir, file))}`).toBe(`${file} 600`);
  });

  inFull('another lab file is a cold start, said in one line', async () => {
    const text = await readFile(tiny, 'utf8');
    await writeFile(tiny, text.replace('192.168.7.1 ', '192.168.7.9 '));
    const { stderr } = await labMust('up', tiny, '--no-save');
    await writeFile(tiny, text);
    expect(stderr).toContain('the saved state of tiny does not fit: another lab file, another scripts; starting anew');
    expect(await originsOf('tiny')).toEqual(['golden']);
    await labMust('down', 'tiny');
  });

  const damages: [what: string, file: string, damage: (file: string) => Promise<void>][] = [
    ['truncated memory', 'one/memory', (file: string) => truncate(file, 1_000_000)],
    ['memory with other content', 'one/memory', (file: string) => writeFile(file, 'x', { flag: 'r+' })],
    ['a disk with other content', 'one/disk', (file: string) => writeFile(file, 'x', { flag: 'r+' })],
    ['missing devices', 'one/devices', (file: string) => writeFile(file, '')],
  ];
  test.each(rows(damages, ([what]) => what === 'memory with other content'))(
    '%s is noticed: the state is dropped and the lab starts anew',
    async (_, name, damage) => {
      await damage(join(await stateOf('tiny'), name));
      const { stderr } = await labMust('up', tiny);
      expect(stderr).toMatch(/the saved state of tiny was damaged \(.*\), so it is dropped; starting anew/);
      expect(await originsOf('tiny')).toEqual(['golden']);
      await labMust('down', 'tiny');
      await labMust('up', tiny);
      expect(await originsOf('tiny')).toEqual(['warm']);
      await labMust('down', 'tiny');
    },
  );

  test('a state that is whole and does not wake is dropped, and the lab starts anew', async () => {
    const dir = await stateOf('tiny');
    const manifest = JSON.parse(await readFile(join(dir, 'state.json'), 'utf8'));
    await writeFile(join(dir, 'one/devices'), 'not what was saved');
    manifest.files['one/devices'] = {
      size: 18,
      sha256: createHash('sha256').update('not what was saved').digest('hex'),
    };
    await writeFile(join(dir, 'state.json'), JSON.stringify(manifest));
    const { stderr } = await labMust('up', tiny);
    expect(stderr).toContain('the saved state is dropped, and the lab starts anew');
    expect(await originsOf('tiny')).toEqual(['golden']);
    await labMust('down', 'tiny');
    await stateOf('tiny');
  });

  test('moments are saved and restored, also after the instance was taken down', async () => {
    await labMust('up', tiny);
    await onNode('tiny', 'one', 'echo 3 >/dev/shm/exercise; echo 3 >/root/exercise');
    await labMust('save', 'tiny', 'exercise-3');
    await onNode('tiny', 'one', 'echo 4 >/dev/shm/exercise; echo 4 >/root/exercise; sync');
    const exists = await lab(['save', 'tiny', 'exercise-3']);
    expect(exists.exitCode).toBe(2);
    expect(exists.stderr).toContain('--force');
    await labMust('restore', 'tiny', 'exercise-3');
    const read = () => onNode('tiny', 'one', 'cat /dev/shm/exercise /root/exercise');
    expect(await read()).toBe('3\n3');
    await labMust('down', 'tiny');
    await labMust('restore', 'tiny', 'exercise-3');
    expect(await read()).toBe('3\n3');
    const unknown = await lab(['restore', 'tiny', 'exercise-4']);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('there are: exercise-3');
    const needed = await lab(['image', 'rm', 'debian12']);
    expect(needed.stderr).toContain('lab image rm tiny/exercise-3');
    await labMust('down', 'tiny');
    await labMust('image', 'rm', 'tiny/exercise-3');
    expect((await lab(['restore', 'tiny', 'exercise-3'])).exitCode).toBe(2);
  });

  test('states that take too much go, the one used last goes last', async () => {
    const other = await writeTinyLab('other');
    await labMust('up', other);
    await labMust('down', 'other');
    const listed = async () =>
      JSON.parse((await labMust('image', 'list', '-f', 'json')).stdout)
        .filter(({ kind }: { kind: string }) => kind === 'lab')
        .map(({ name }: { name: string }) => name);
    expect(await listed()).toEqual(expect.arrayContaining(['tiny', 'other']));
    await labMust('up', tiny);
    await labMust('down', 'tiny');
    await labMust('image', 'prune', '--limit', '250M');
    expect(await listed()).toEqual(['tiny']);
    expect((await lab(['up', other], { LAB_STATES_MAX: '0' })).exitCode).toBe(0);
    await labMust('down', 'other');
    expect(await listed()).toEqual(['tiny']);
  });

  test('kill -9 while a lab is saved loses nothing: its machines go on where they were', async () => {
    await forgetStates();
    const up = startLab(['up', tiny]);
    await printed(up, /• Save for the next time/);
    await sleep(400);
    up.kill('SIGKILL');
    await up;
    await labMust('up', tiny);
    expect(await statusesOf('tiny')).toEqual(['running']);
    expect(await originsOf('tiny')).toEqual(['golden']);
    await onNode('tiny', 'one', 'true');
    await labMust('prune');
    expect((await readdir(STATES)).filter((name) => name.startsWith('.saving-'))).toEqual([]);
    expect(processesLeft().filter((line) => line.includes('qemu'))).toHaveLength(1);
    await labMust('down', 'tiny');
    expect(processesLeft()).toEqual([]);
  });

  test('kill -9 while it is resumed loses nothing: the state is there for the next up', async () => {
    await labMust('up', tiny);
    await labMust('down', 'tiny');
    const up = startLab(['up', tiny]);
    await printed(up, /• Resume machines/);
    up.kill('SIGKILL');
    await up;
    await labMust('up', tiny);
    expect(await originsOf('tiny')).toEqual(['warm']);
    await labMust('down', 'tiny');
    expect(processesLeft()).toEqual([]);
  });

  inFull('Ctrl-C while it is resumed leaves nothing running, and the state', async () => {
    const up = startLab(['up', tiny]);
    await printed(up, /• Resume machines/);
    up.kill('SIGINT');
    expect((await up).exitCode).toBe(130);
    expect(processesLeft()).toEqual([]);
    await stateOf('tiny');
  });

  test('a port that is taken is told, and the state is not blamed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { exitCode, stderr } = await lab(['up', tiny, '--ssh-port', String(port)]);
    server.close();
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`port ${port} on 127.0.0.1`);
    await stateOf('tiny');
  });

  test('Ctrl-C while a lab is saved leaves it up, and nothing half-made', async () => {
    await forgetStates();
    const up = startLab(['up', tiny]);
    await printed(up, /• Save for the next time/);
    await sleep(200);
    up.kill('SIGINT');
    expect((await up).exitCode).toBe(130);
    expect(await statusesOf('tiny')).toEqual(['running']);
    expect(await readdir(STATES)).not.toContainEqual(expect.stringMatching(/^(\.saving|tiny)-/));
    const reset = await lab(['reset', 'tiny']);
    expect(reset.exitCode).toBe(3);
    expect(reset.stderr).toContain('it was not saved when it came up');
    await labMust('down', 'tiny');
  });
});

test('the run directory of this file holds nothing at the end', async () => {
  await labMust('down', '--all');
  expect(await readdir(RUN_BASE)).toEqual([]);
});

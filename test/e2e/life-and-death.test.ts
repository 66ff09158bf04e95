import { once } from 'node:events';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  filesLeft,
  LAB_HOME,
  lab,
  labMust,
  printed,
  processesLeft,
  RUN_BASE,
  startLab,
  writeTinyLab,
} from './harness.ts';
import { copyImage, homeSharingImages, homeWithInit } from './images.ts';
import { inFull, isFull, rows } from './scope.ts';

let tiny: string;
beforeAll(async () => {
  tiny = await writeTinyLab('tiny');
  await labMust('image', 'build');
});
afterAll(() => lab(['down', '--all']));

const expectNothingLeft = (...instances: string[]) => {
  expect(processesLeft()).toEqual([]);
  expect(filesLeft(...instances)).toEqual([]);
};

const bundleOf = (text: string): string => text.match(/\S+\/bundles\/\S+/)?.[0] ?? '';

describe('Ctrl-C', () => {
  const moments: [when: string, lab: string, RegExp][] = [
    ['preparing', 'tiny', /Prepare 1 machine/],
    ['starting', 'tiny', /Start machines/],
    ['booting', 'tiny', /Boot and provision/],
    ['provisioning', 'tiny', /booted, provisioning/],
    ['verifying', 'tun-basic', /client requests web/],
  ];
  test.each(rows(moments, ([when]) => when === 'booting' || when === 'verifying'))(
    'while %s leaves nothing running, and the consoles',
    async (_, name, moment) => {
      const up = startLab(['up', name === 'tiny' ? tiny : name, '--name', 'cut']);
      await printed(up, moment);
      up.kill('SIGINT');
      const { exitCode, stderr } = await up;
      expect(exitCode).toBe(130);
      expect(stderr).toMatch(/interrupted by SIGINT; consoles and logs are in \S+/);
      expectNothingLeft('cut');
    },
  );
});

describe('kill -9', () => {
  const moments: [when: string, RegExp, cleanUp: string[]][] = [
    ['preparing', /Prepare 1 machine/, ['prune']],
    ['starting', /Start machines/, ['down', 'tiny']],
    ['booting', /Boot and provision/, ['prune']],
    ['provisioning', /booted, provisioning/, ['down', 'tiny']],
  ];
  test.each(rows(moments, ([when]) => when === 'starting' || when === 'booting'))(
    'while %s, then a clean-up, leaves nothing',
    async (_, moment, cleanUp) => {
      const up = startLab(['up', tiny]);
      await printed(up, moment);
      up.kill('SIGKILL');
      await up;
      expect((await labMust('list')).stdout).toMatch(/^tiny .*left behind: lab prune/m);
      await labMust(...cleanUp);
      expectNothingLeft('tiny');
    },
  );

  test('while going down, then prune, leaves nothing', async () => {
    await labMust('up', tiny);
    const down = startLab(['down', 'tiny']);
    await printed(down, /Take down/);
    down.kill('SIGKILL');
    await down;
    await labMust('prune');
    // It may have been killed before it began: then the instance is up, and not prune's to remove.
    await lab(['down', 'tiny']);
    expectNothingLeft('tiny');
  });

  test('of the machines themselves is told, and start brings them back', async () => {
    await labMust('up', tiny);
    // The machine and its switch.
    expect(processesLeft()).toHaveLength(2);
    const { nodes } = JSON.parse((await labMust('status', 'tiny', '-f', 'json')).stdout);
    expect(nodes[0].status).toBe('running');
    const { stdout } = await execa('pgrep', ['-f', `${RUN_BASE}.*pid`]);
    for (const pid of stdout.split('\n')) process.kill(Number(pid), 'SIGKILL');
    expect((await labMust('status', 'tiny')).stdout).toContain('crashed');
    expect((await lab(['exec', 'tiny', 'one', 'true'])).exitCode).toBe(3);
    await labMust('start', 'tiny');
    await labMust('exec', 'tiny', 'one', 'true');
    await labMust('down', 'tiny');
    expectNothingLeft('tiny');
  });

  test('of a lab whose directory is deleted by hand: prune ends the machines', async () => {
    await labMust('up', tiny);
    await rm(join(LAB_HOME, 'state', 'instances', 'tiny'), { recursive: true });
    expect(processesLeft()).not.toEqual([]);
    expect((await labMust('prune')).stdout).toContain('tiny');
    expectNothingLeft('tiny');
  });
});

test('of two at once one wins, and the other says who has it', async () => {
  const first = startLab(['up', tiny]);
  await printed(first, /Boot and provision/);
  // It stands still until the second has ended: a machine that is resumed would be up before that has begun.
  first.kill('SIGSTOP');
  const second = await lab(['up', tiny]).finally(() => first.kill('SIGCONT'));
  expect((await first).exitCode).toBe(0);
  await labMust('down', 'tiny');
  expect(second.exitCode).toBe(3);
  expect(second.stderr).toContain(`process ${first.pid}`);
});

test('a failed check takes everything down, and says where the bundle is', async () => {
  const file = join(`${RUN_BASE}-labs`, 'red.yaml');
  await writeFile(
    file,
    `name: red
summary: sh sends one client to one server, so that rotation must fail
segments: { lan: 192.168.7.0/24 }
nodes:
  client: { links: { lan: 192.168.7.1 } }
  director: { links: { lan: 192.168.7.2 } }
  rs1: { links: { lan: 192.168.7.3 } }
  rs2: { links: { lan: 192.168.7.4 } }
clients: [client]
services:
  web: { vip: 192.168.7.100, port: 80, forward: dr, scheduler: sh, director: director, real-servers: [rs1, rs2] }
checks: [rotation, reachable]
`,
  );
  const red = await lab(['up', file]);
  expect(red.exitCode).toBe(1);
  expect(red.stdout).toMatch(/^FAIL +rotation/m);
  expect(red.stdout).toMatch(/^PASS +reachable/m);
  expectNothingLeft('red');
  const bundle = await readdir(bundleOf(red.stderr));
  expect(bundle).toEqual(expect.arrayContaining(['console', 'lab.json', 'provision', 'report.json', 'scripts']));

  if (!isFull) return;
  // That --keep leaves it up shows the simulated provider as well.
  const kept = await lab(['up', file, '--keep']);
  expect(kept.exitCode).toBe(1);
  expect((await labMust('exec', 'red', 'director', 'ipvsadm -ln')).stdout).toContain('Route');
  await labMust('down', 'red');
  expectNothingLeft('red');
});

describe('what the host refuses', () => {
  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const outcome = await lab(['up', tiny, '--ssh-port', String(port)]);
    server.close();
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toMatch(new RegExp(`port ${port} on 127.0.0.1.*taken by another program`));
    expect(outcome.stderr).toContain('--ssh-port');
    expectNothingLeft('tiny');
  });

  test('QEMU that is not installed', async () => {
    const path = join(`${RUN_BASE}-labs`, 'bin');
    await mkdir(path, { recursive: true });
    for (const tool of ['mmdebstrap', 'mksquashfs', 'vde_switch', 'ssh', 'dpkg', 'apt-get']) {
      await symlink(`/usr/bin/${tool}`, join(path, tool)).catch(() => undefined);
    }
    const outcome = await lab(['up', tiny], { PATH: path, CI: undefined });
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toContain('qemu-system-x86_64');
    expect(outcome.stderr).toMatch(/apt-get install .*qemu-system-x86/);
    expectNothingLeft('tiny');
  });

  test('an accelerator that does not work here', async () => {
    const outcome = await lab(['up', tiny, '--accel', 'hvf']);
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toContain('cannot start machine one');
    expectNothingLeft('tiny');
  });

  // Only root can mount a file system that is small enough.
  describe.skipIf(process.getuid?.() !== 0)('a disk that is full', () => {
    const home = join(`${RUN_BASE}-labs`, 'full');
    const upOn = async (size: string, ...flags: string[]) => {
      await mkdir(join(home, 'state'), { recursive: true });
      await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', join(home, 'state')]);
      try {
        return await lab(['up', tiny, '--boot-timeout', '60', ...flags], { LAB_HOME: home });
      } finally {
        await execa('umount', ['--lazy', join(home, 'state')]);
      }
    };
    beforeAll(() => homeSharingImages(home));

    // For the machine's disk; for the copy of the saved machine's disk; for what the guest writes when it boots.
    test.each([['64k'], ['512k'], ['512k', '--cold']])('%j', async (size, ...flags) => {
      const outcome = await upOn(size, ...flags);
      expect(outcome.exitCode).toBe(3);
      expect(outcome.stderr).toMatch(/disk.*full|No space left/i);
      expect(outcome.stderr).toContain('next:');
      expectNothingLeft();
    });
  });
});

describe('a guest that misbehaves', () => {
  test('a kernel panic', async () => {
    const home = join(`${RUN_BASE}-labs`, 'panic');
    await homeWithInit(home, '#!/bin/sh\necho lab: starting\necho this init gives up\nexit 1\n');
    const outcome = await lab(['up', tiny], { LAB_HOME: home });
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toContain('Kernel panic - not syncing');
    expect(outcome.stderr).toContain('this init gives up');
    expectNothingLeft();
    const [bundle] = await readdir(join(home, 'state', 'bundles'));
    expect(await readdir(join(home, 'state', 'bundles', bundle as string, 'console'))).toEqual(['one.log']);
  });

  test('one that never gets ready', async () => {
    const home = join(`${RUN_BASE}-labs`, 'idle');
    await homeWithInit(home, '#!/bin/sh\necho lab: starting\necho waiting for Godot\nwhile :; do :; done\n');
    const outcome = await lab(['up', tiny, '--boot-timeout', '10'], { LAB_HOME: home });
    expect(outcome.exitCode).toBe(3);
    expect(outcome.stderr).toContain('not ready within 10 s');
    expect(outcome.stderr).toContain('waiting for Godot');
    expect(outcome.stderr).toContain('--boot-timeout');
    expectNothingLeft();
  });
});

// It takes as long as the first image did; that damage is noticed shows test/images/cache.test.ts.
inFull('a damaged image is noticed and built anew', async () => {
  const home = join(`${RUN_BASE}-labs`, 'damaged');
  const dir = await copyImage(home);
  await writeFile(join(dir, 'root'), 'half an image');
  const outcome = await lab(['image', 'build'], { LAB_HOME: home });
  expect(outcome.stderr).toContain('damaged');
  expect(outcome.exitCode).toBe(0);
  expect((await lab(['image', 'list'], { LAB_HOME: home })).stdout).toContain('current');
});

test('an image is not removed from under an instance', async () => {
  await labMust('up', tiny, '--no-test');
  const refused = await lab(['image', 'rm', 'debian12']);
  expect(refused.exitCode).toBe(3);
  expect(refused.stderr).toContain('lab down tiny');
  await labMust('down', 'tiny');
});

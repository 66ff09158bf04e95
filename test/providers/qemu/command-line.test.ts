import { describe, expect, test } from 'vitest';
import type { Node } from '../../../src/lab/lab.ts';
import { machineArguments } from '../../../src/providers/qemu/command-line.ts';

const node = (index: number): Node => ({
  name: `rs${index}`,
  index,
  roles: [],
  links: [{ segment: 'inside', address: '192.168.2.220', prefixLength: 24, mac: '52:54:00:01:00:04' }],
  routes: [],
  sysctl: {},
  iptables: [],
  staticNat: [],
  forwarding: false,
  memory: 192,
  cpus: 2,
});
const image = {
  name: 'debian12',
  family: 'debian',
  id: 'debian12-0',
  dir: '/images',
  kernel: '/images/kernel',
  initrd: '/images/initrd',
  root: '/images/root',
  disk: '/images/disk',
  cmdline: 'console=ttyS0 quiet',
} as const;

const argumentsFor = (kind: 'kvm' | 'tcg', dir = '/state/inst') =>
  machineArguments({
    node: node(4),
    image,
    accelerator: { kind, cpu: 'host', reason: '' },
    dir,
    runDir: '/run/lab',
    sshPort: 0,
  });

/** The values given to an option. */
const valuesOf = (args: string[], name: string) =>
  args.flatMap((arg, index) => (arg === name ? [args[index + 1]] : []));

test('the management network reaches nothing but the SSH of the guest', () => {
  const [management, ...lan] = valuesOf(argumentsFor('tcg'), '-netdev');
  expect(management).toBe('user,id=mgmt,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:0-:22');
  expect(lan).toEqual(['vde,id=lan1,sock=/run/lab/inside.switch']);
});

test('drives come in the order that the guest expects, the root image read-only', () => {
  const drives = valuesOf(argumentsFor('tcg'), '-blockdev') as string[];
  expect(drives.map((drive) => drive.match(/node-name=(\w+),read-only=(\w+)/)?.slice(1))).toEqual([
    ['root', 'on'],
    ['disk', 'off'],
    ['seed', 'on'],
  ]);
});

test('the size of the translation cache is bounded, and given to software emulation only', () => {
  expect(valuesOf(argumentsFor('tcg'), '-accel')).toEqual(['tcg,tb-size=48']);
  expect(valuesOf(argumentsFor('kvm'), '-accel')).toEqual([]);
  expect(valuesOf(argumentsFor('kvm'), '-machine')[0]).toContain('accel=kvm');
});

test('memory and processors are those of the lab file', () => {
  const args = argumentsFor('tcg');
  expect(valuesOf(args, '-m')).toEqual(['192M']);
  expect(valuesOf(args, '-smp')).toEqual(['2']);
});

test('a comma in a directory does not become an option', () => {
  const args = argumentsFor('tcg', '/home/me,read-only=off');
  expect(valuesOf(args, '-chardev')[0]).toBe(
    'file,id=console,path=/home/me,,read-only=off/nodes/rs4/console.log,append=on',
  );
});

describe('a clone of the golden machine', () => {
  const clone = machineArguments({
    node: node(4),
    image,
    accelerator: { kind: 'tcg', cpu: 'max', reason: '' },
    dir: '/state/inst',
    runDir: '/run/lab',
    sshPort: 0,
    memory: { file: '/golden/memory', shared: false },
    seed: '/golden/seed',
    spares: true,
  });

  test('maps the golden memory privately', () => {
    expect(valuesOf(clone, '-object')).toEqual([
      'memory-backend-file,id=ram,size=192M,mem-path=/golden/memory,share=off',
    ]);
    expect(valuesOf(clone, '-machine')[0]).toContain('memory-backend=ram');
  });

  test('that never runs is joined to no segment', () => {
    const unplugged = machineArguments({
      ...{ node: node(4), image, accelerator: { kind: 'tcg', cpu: 'max', reason: '' }, dir: '/state/inst' },
      ...{ runDir: '/run/lab', sshPort: 0, unplugged: true },
    });
    expect(valuesOf(unplugged, '-netdev').slice(1)).toEqual(['hubport,id=lan1,hubid=0']);
  });

  test('has as many NICs as any other, the spare ones on a hub that leads nowhere', () => {
    expect(valuesOf(clone, '-netdev').slice(1)).toEqual([
      'vde,id=lan1,sock=/run/lab/inside.switch',
      'hubport,id=lan2,hubid=1',
      'hubport,id=lan3,hubid=2',
      'hubport,id=lan4,hubid=3',
    ]);
    const macs = (valuesOf(clone, '-device') as string[]).flatMap((device) => device.match(/mac=([^,]+)/)?.[1] ?? []);
    expect(new Set(macs).size).toBe(5);
  });
});

describe('a machine of a cloud image', () => {
  const cloud = { name: 'centos8', family: 'el8', id: 'centos8-0', dir: '/images', disk: '/images/disk', memory: 1024 };
  const argumentsOf = (complete: boolean) =>
    machineArguments({
      ...{ node: node(4), image: { ...cloud, family: 'el8', complete }, dir: '/state/inst', runDir: '/run/lab' },
      ...{ accelerator: { kind: 'tcg', cpu: 'max', reason: '' }, sshPort: 0 },
    });

  test('boots from its disk, with a seed beside it', () => {
    const args = argumentsOf(false);
    expect(args).not.toContain('-kernel');
    expect((valuesOf(args, '-blockdev') as string[]).map((each) => each.split(',').slice(0, 2))).toEqual([
      ['qcow2', 'node-name=disk'],
      ['vvfat', 'node-name=seed'],
    ]);
    expect(valuesOf(args, '-blockdev')[1]).toBe(
      'vvfat,node-name=seed,read-only=on,dir=/state/inst/nodes/rs4/seed,label=cidata',
    );
    expect(valuesOf(args, '-m')).toEqual(['1024M']);
    expect(valuesOf(args, '-object')).toEqual(['memory-backend-ram,id=ram,size=1024M']);
  });

  test('reaches the archives of its distribution, unless it needs nothing of them', () => {
    expect(valuesOf(argumentsOf(false), '-netdev')[0]).toContain('restrict=off');
    expect(valuesOf(argumentsOf(true), '-netdev')[0]).toContain('restrict=on');
  });
});

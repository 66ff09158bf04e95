import { expect, test } from 'vitest';
import type { Node } from '../../../src/lab/lab.ts';
import { machineArguments, managementMac } from '../../../src/providers/qemu/command-line.ts';

const node = (index: number): Node => ({
  name: `rs${index}`,
  index,
  roles: [],
  links: [{ segment: 'inside', address: '192.168.2.220', prefixLength: 24, mac: '52:54:00:01:00:04' }],
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

test('a management MAC is no MAC of a lab link, whose fourth byte counts from 1', () => {
  expect(managementMac(node(4))).toBe('52:54:00:00:00:04');
  expect(managementMac(node(0x1234))).toBe('52:54:00:00:12:34');
});

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
  expect(valuesOf(argumentsFor('tcg'), '-accel')).toEqual(['tcg,tb-size=64']);
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

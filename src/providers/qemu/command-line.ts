import type { Image } from '../../images/image.ts';
import type { Node } from '../../lab/lab.ts';
import type { Accelerator } from './accelerator.ts';
import { layout, runLayout } from './layout.ts';
import { option } from './options.ts';

/**
 * Size in MiB of the cache of translated code. QEMU's default may grow to 1 GB a machine; 64 MiB held the working set
 * of a booting guest without retranslation being measurable.
 */
const TRANSLATION_CACHE = 64;

export interface MachineOptions {
  node: Node;
  image: Image;
  accelerator: Accelerator;
  dir: string;
  runDir: string;
  /** Local port that leads to the guest's SSH; 0 lets the kernel choose. */
  sshPort: number;
  /** File that holds the machine's memory: the golden machine's own, or the one its clones map privately. */
  memory?: { file: string; shared: boolean };
  /** The seed drive, where it is not the node's own. */
  seed?: string;
}

/** NICs on segments that a golden machine has, and so each of its clones: unused ones are removed in the guest. */
export const GOLDEN_LINKS = 4;

/**
 * Of every machine's management NIC, whose network is its own: one for all, so that a clone's is the golden machine's.
 * The fourth byte, the segment's index in the MACs of a lab, is none of a segment.
 */
const MANAGEMENT_MAC = '52:54:00:00:00:01';

/** Name of the network backend of a node's n-th link (from 0). */
export const linkBackend = (index: number): string => `lan${index + 1}`;

/** The arguments of the QEMU process that is one machine: the guest contract is in images/debian12/README.md. */
export const machineArguments = (options: MachineOptions): string[] => {
  const { node, image, accelerator, dir, runDir, sshPort, memory, seed } = options;
  const files = layout(dir).node(node.name);
  const run = runLayout(runDir);
  const drive = (id: string, file: string, format: string, readOnly: boolean): string[] => [
    '-blockdev',
    option(format, {
      'node-name': id,
      'read-only': readOnly ? 'on' : 'off',
      'file.driver': 'file',
      'file.filename': file,
      // The root image is shared by every machine, so nobody may hold it locked for writing.
      'file.locking': readOnly ? 'off' : 'auto',
      'file.read-only': readOnly ? 'on' : 'off',
      discard: 'unmap',
    }),
    '-device',
    option('virtio-blk-pci', { drive: id, serial: id }),
  ];
  // An option ROM would be run by the firmware for nothing: no machine boots from its network.
  const nic = (id: string, mac: string): string[] => [
    '-device',
    `${option('virtio-net-pci', { netdev: id, mac })},romfile=`,
  ];
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    ['-name', option(`guest=${node.name}`)],
    [
      '-machine',
      option('q35', {
        accel: accelerator.kind === 'tcg' ? undefined : accelerator.kind,
        usb: 'off',
        vmport: 'off',
        'memory-backend': memory && 'ram',
      }),
    ],
    memory ? ['-object', memoryBackend(node, memory)] : [],
    accelerator.kind === 'tcg' ? ['-accel', option('tcg', { 'tb-size': TRANSLATION_CACHE })] : [],
    ['-cpu', accelerator.cpu],
    ['-m', `${node.memory}M`, '-smp', String(node.cpus)],
    ['-kernel', image.kernel, '-initrd', image.initrd, '-append', image.cmdline],
    ['-chardev', option('file', { id: 'console', path: files.console, append: 'on' }), '-serial', 'chardev:console'],
    ['-chardev', option('socket', { id: 'control', path: run.qmp(node.name), server: 'on', wait: 'off' })],
    ['-mon', option('chardev=control', { mode: 'control' })],
    ['-pidfile', run.machinePid(node.name)],
    // Once it is in the background, QEMU's own complaints go to a file only together with a kind of log entry.
    ['-D', files.log, '-d', 'guest_errors'],
    drive('root', image.root, 'raw', true),
    drive('disk', files.disk, 'qcow2', false),
    drive('seed', seed ?? files.seed, 'raw', true),
    [
      '-netdev',
      option('user', { id: 'mgmt', restrict: 'on', ipv6: 'off', hostfwd: `tcp:127.0.0.1:${sshPort}-:22` }),
      ...nic('mgmt', MANAGEMENT_MAC),
    ],
    node.links.flatMap((link, index) => [
      '-netdev',
      option('vde', { id: linkBackend(index), sock: run.switch(link.segment) }),
      ...nic(linkBackend(index), link.mac),
    ]),
    memory
      ? spareLinks(node).flatMap((index) => [...spareBackend(index), ...nic(linkBackend(index), spareMac(index))])
      : [],
    ['-device', 'virtio-rng-pci'],
    ['-device', 'virtio-serial-pci'],
    ['-chardev', option('socket', { id: 'agent', path: run.agent(node.name), server: 'on', wait: 'off' })],
    ['-device', option('virtserialport', { chardev: 'agent', name: 'org.qemu.guest_agent.0' })],
  ].flat();
};

const memoryBackend = (node: Node, { file, shared }: { file: string; shared: boolean }): string =>
  option('memory-backend-file', { id: 'ram', size: `${node.memory}M`, 'mem-path': file, share: shared ? 'on' : 'off' });

/** Positions of the NICs that a golden machine's clone has and does not need. */
const spareLinks = (node: Node): number[] =>
  Array.from({ length: GOLDEN_LINKS - node.links.length }, (_, index) => node.links.length + index);

/** A NIC must have a backend; a hub with one port leads nowhere. */
const spareBackend = (index: number): string[] => [
  '-netdev',
  option('hubport', { id: linkBackend(index), hubid: index }),
];

/** Of a NIC that no segment ever sees. */
const spareMac = (index: number): string => `52:54:00:ff:ff:0${index}`;

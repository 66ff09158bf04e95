import { type GuestImage, isCloudImage } from '../../images/guest-image.ts';
import type { Image } from '../../images/image.ts';
import type { Node } from '../../lab/lab.ts';
import type { Accelerator } from './accelerator.ts';
import { SEED_LABEL } from './cloud-seed.ts';
import { layout, runLayout } from './layout.ts';
import { MANAGEMENT_MAC } from './management.ts';
import { option } from './options.ts';

/**
 * Size in MiB of the cache of translated code. QEMU's default may grow to 1 GB a machine. Five clones that were brought up
 * and verified used 13.7 CPU seconds and 119 MiB each with 64 MiB, 13.9 and 102 with 48, 14.8 and 92 with 40.
 */
const TRANSLATION_CACHE = 48;

/** The same for a whole distribution that boots, with cloud-init and a package manager. */
const CLOUD_TRANSLATION_CACHE = 128;

export interface MachineOptions {
  node: Node;
  image: GuestImage;
  accelerator: Accelerator;
  dir: string;
  runDir: string;
  /** Local port that leads to the guest's SSH; 0 lets the kernel choose. */
  sshPort: number;
  /** File of its memory: shared, what the machine writes goes there; else it is only what the machine begins with. */
  memory?: { file: string; shared: boolean };
  /** Whether it has NICs up to the golden machine's number, as that and all its clones have. */
  spares?: boolean;
  /** Whether its NICs lead nowhere, as those of a machine do that never runs. */
  unplugged?: boolean;
  /** The seed drive, where it is not the node's own. */
  seed?: string;
}

/** NICs on segments that a golden machine has, and so each of its clones: unused ones are removed in the guest. */
export const GOLDEN_LINKS = 4;

/** Name of the network backend of a node's n-th link (from 0). */
export const linkBackend = (index: number): string => `lan${index + 1}`;

/** The arguments of the QEMU process that is one machine: the guest contract is in images/debian12/README.md, and for a cloud image in `cloud-seed.ts`. */
export const machineArguments = (options: MachineOptions): string[] => {
  const { node, image, accelerator, dir, runDir, sshPort, memory, spares = false, unplugged = false } = options;
  const files = layout(dir).node(node.name);
  const run = runLayout(runDir);
  const cloud = isCloudImage(image);
  const mebibytes = cloud ? Math.max(node.memory, image.memory) : node.memory;
  const translations = cloud ? CLOUD_TRANSLATION_CACHE : TRANSLATION_CACHE;
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
        'memory-backend': 'ram',
      }),
    ],
    ['-object', memoryBackend(mebibytes, memory)],
    accelerator.kind === 'tcg' ? ['-accel', option('tcg', { 'tb-size': translations })] : [],
    ['-cpu', accelerator.cpu],
    ['-m', `${mebibytes}M`, '-smp', String(node.cpus)],
    cloud ? [] : ['-kernel', image.kernel, '-initrd', image.initrd, '-append', image.cmdline],
    ['-chardev', option('file', { id: 'console', path: files.console, append: 'on' }), '-serial', 'chardev:console'],
    ['-chardev', option('socket', { id: 'control', path: run.qmp(node.name), server: 'on', wait: 'off' })],
    ['-mon', option('chardev=control', { mode: 'control' })],
    ['-pidfile', run.machinePid(node.name)],
    // Once it is in the background, QEMU's own complaints go to a file only together with a kind of log entry.
    ['-D', files.log, '-d', 'guest_errors'],
    cloud ? cloudDrives(files) : drives(image, files, options.seed),
    [
      '-netdev',
      option('user', {
        id: 'mgmt',
        restrict: isIsolated(image) ? 'on' : 'off',
        ipv6: 'off',
        hostfwd: `tcp:127.0.0.1:${sshPort}-:22`,
      }),
      ...nic('mgmt', MANAGEMENT_MAC),
    ],
    node.links.flatMap((link, index) => [
      ...(unplugged
        ? deadEnd(index)
        : ['-netdev', option('vde', { id: linkBackend(index), sock: run.switch(link.segment) })]),
      ...nic(linkBackend(index), link.mac),
    ]),
    spares ? spareLinks(node).flatMap((index) => [...deadEnd(index), ...nic(linkBackend(index), spareMac(index))]) : [],
    ['-device', 'virtio-rng-pci'],
    cloud
      ? []
      : [
          ...['-device', 'virtio-serial-pci'],
          ...['-chardev', option('socket', { id: 'agent', path: run.agent(node.name), server: 'on', wait: 'off' })],
          ...['-device', option('virtserialport', { chardev: 'agent', name: 'lab.agent' })],
        ],
  ].flat();
};

/**
 * Whether a machine's management network reaches nothing but its SSH session. A cloud image lacks what labs need, which
 * its scripts install from the archives of its distribution: it is let out, unless it is said to have all.
 */
const isIsolated = (image: GuestImage): boolean => !isCloudImage(image) || image.complete;

type NodeFiles = ReturnType<ReturnType<typeof layout>['node']>;

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

const drives = (image: Image, files: NodeFiles, seed = files.seed): string[] => [
  ...drive('root', image.root, 'raw', true),
  ...drive('disk', files.disk, 'qcow2', false),
  ...drive('seed', seed, 'raw', true),
];

/** The disk that the machine boots from, and its seed: a directory that QEMU shows as a FAT file system. */
const cloudDrives = (files: NodeFiles): string[] => [
  ...drive('disk', files.disk, 'qcow2', false),
  '-blockdev',
  option('vvfat', { 'node-name': 'seed', 'read-only': 'on', dir: files.cloudSeed, label: SEED_LABEL }),
  '-device',
  option('virtio-blk-pci', { drive: 'seed', serial: 'seed' }),
];

/** By one name wherever it lies: a machine that is saved with the one can be resumed with the other. */
const memoryBackend = (mebibytes: number, memory: MachineOptions['memory']): string => {
  const common = { id: 'ram', size: `${mebibytes}M` };
  if (!memory) return option('memory-backend-ram', common);
  return option('memory-backend-file', { ...common, 'mem-path': memory.file, share: memory.shared ? 'on' : 'off' });
};

/** Positions of the NICs that a golden machine's clone has and does not need. */
const spareLinks = (node: Node): number[] =>
  Array.from({ length: GOLDEN_LINKS - node.links.length }, (_, index) => node.links.length + index);

/** A NIC must have a backend; a hub with one port leads nowhere. */
const deadEnd = (index: number): string[] => ['-netdev', option('hubport', { id: linkBackend(index), hubid: index })];

/** Of a NIC that no segment ever sees. */
const spareMac = (index: number): string => `52:54:00:ff:ff:0${index}`;

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { start } from './processes.ts';

export interface Machine {
  name: string;
  number: number;
  segments: Segment[];
}

const SEGMENTS = ['outside', 'inside'] as const;
type Segment = (typeof SEGMENTS)[number];

/** The machines of labs/tun-basic.yaml. */
export const MACHINES: readonly Machine[] = [
  { name: 'client', number: 1, segments: ['outside'] },
  { name: 'router', number: 2, segments: ['outside', 'inside'] },
  { name: 'director', number: 3, segments: ['inside'] },
  { name: 'rs1', number: 4, segments: ['inside'] },
  { name: 'rs2', number: 5, segments: ['inside'] },
];

/** NICs on segments that a golden machine has. */
const SPARES = 4;

/** The MAC addresses of a machine's NICs on segments: by them its script finds them. */
export const macsOf = ({ segments, number }: Machine): string[] =>
  segments.map((segment) => `52:54:00:0${SEGMENTS.indexOf(segment) + 1}:00:0${number}`);

const switchOf = (work: string, segment: Segment): string => join(work, segment);

/** Starts the Ethernet switches that are the segments. In the foreground, they end with their standard input. */
export const startSwitches = async (work: string): Promise<void> => {
  for (const segment of SEGMENTS) start('vde_switch', ['--sock', switchOf(work, segment)], ['pipe', 'ignore', 'pipe']);
  for (const segment of SEGMENTS) while (!existsSync(join(switchOf(work, segment), 'ctl'))) await setTimeout(2);
};

export interface Hardware {
  image: string;
  accel: string;
  work: string;
  seed: string;
  /** File that the machine's memory begins as, for one that waits for the state of its devices. */
  memory?: string;
  /** Whether it has NICs up to the golden machine's number. */
  spares?: boolean;
}

export const filesOf = (work: string, { name }: Machine) => ({
  console: join(work, `${name}.console`),
  disk: join(work, `${name}.qcow2`),
  agent: join(work, `${name}.agent`),
  seed: join(work, `${name}.tar`),
});

/** A machine as images/debian12/README.md asks for it, its devices in the order of saved ones. */
export const argumentsOf = (machine: Machine, hardware: Hardware): string[] => {
  const { image, accel, work, seed, memory, spares = false } = hardware;
  const files = filesOf(work, machine);
  const macs = macsOf(machine);
  const ram = memory
    ? `memory-backend-file,id=ram,size=256M,mem-path=${memory},share=off`
    : 'memory-backend-ram,id=ram,size=256M';
  const readOnly = (name: string, file: string) => [
    ...['-blockdev', `raw,node-name=${name},read-only=on,file.driver=file,file.filename=${file}`],
    ...['-device', `virtio-blk-pci,drive=${name},serial=${name}`],
  ];
  const nic = (id: string, mac: string) => ['-device', `virtio-net-pci,netdev=${id},mac=${mac},romfile=`];
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none'],
    ['-machine', 'q35,usb=off,vmport=off,memory-backend=ram', '-object', ram],
    accel === 'tcg' ? ['-accel', 'tcg,tb-size=48', '-cpu', 'max'] : ['-accel', accel, '-cpu', 'host'],
    ['-m', '256M', '-smp', '1'],
    ['-kernel', join(image, 'kernel'), '-initrd', join(image, 'initrd')],
    [
      '-append',
      'console=ttyS0 no_timer_check net.ifnames=0 quiet panic=0 init_on_alloc=0 cryptomgr.notests norandmaps',
    ],
    ['-chardev', `file,id=console,path=${files.console}`, '-serial', 'chardev:console'],
    // Nobody writes to them, so nobody need lock them.
    readOnly('root', `${join(image, 'root')},file.locking=off`),
    ['-blockdev', `qcow2,node-name=disk,file.driver=file,file.filename=${files.disk}`],
    ['-device', 'virtio-blk-pci,drive=disk,serial=disk'],
    readOnly('seed', `${seed},file.locking=off`),
    ['-netdev', 'user,id=mgmt,restrict=on,ipv6=off', ...nic('mgmt', '52:54:00:00:00:01')],
    machine.segments.flatMap((segment, index) => [
      ...['-netdev', `vde,id=lan${index + 1},sock=${switchOf(work, segment)}`],
      ...nic(`lan${index + 1}`, macs[index] as string),
    ]),
    Array.from({ length: spares ? SPARES - macs.length : 0 }, (_, index) => index + macs.length).flatMap((index) => [
      ...['-netdev', `hubport,id=lan${index + 1},hubid=${index}`],
      ...nic(`lan${index + 1}`, `52:54:00:ff:ff:0${index}`),
    ]),
    ['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ['-chardev', `socket,id=agent,path=${files.agent},server=on,wait=off`],
    ['-device', 'virtserialport,chardev=agent,name=lab.agent'],
    memory ? ['-incoming', 'defer'] : [],
  ].flat();
};

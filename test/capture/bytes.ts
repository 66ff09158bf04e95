import ipaddr from 'ipaddr.js';

/** Frames built by hand, byte for byte as the RFCs have them; checksums are 0, which no decoder here looks at. */

const mac = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const address = (text: string): Buffer => Buffer.from(text.split('.').map(Number));

export const ethernet = (source: string, destination: string, type: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(14);
  mac(destination).copy(header, 0);
  mac(source).copy(header, 6);
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, payload]);
};

export interface IpFields {
  source: string;
  destination: string;
  protocol: number;
  payload: Buffer;
  id?: number;
  ttl?: number;
  /** In units of eight bytes, with the flags in the upper three bits. */
  flagsAndOffset?: number;
  options?: Buffer;
}

export const ipv4 = ({ source, destination, protocol, payload, id = 0, ttl = 64, ...rest }: IpFields): Buffer => {
  const { flagsAndOffset = 0x4000, options = Buffer.alloc(0) } = rest;
  const header = Buffer.alloc(20);
  header.writeUInt8(0x40 | ((20 + options.length) / 4), 0);
  header.writeUInt16BE(20 + options.length + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE(flagsAndOffset, 6);
  header.writeUInt8(ttl, 8);
  header.writeUInt8(protocol, 9);
  address(source).copy(header, 12);
  address(destination).copy(header, 16);
  return Buffer.concat([header, options, payload]);
};

/** The sixteen bytes of an address in full or with one `::`. */
const address6 = (text: string): Buffer => Buffer.from(ipaddr.IPv6.parse(text).toByteArray());

export interface Ip6Fields {
  source: string;
  destination: string;
  /** The next header. */
  protocol: number;
  payload: Buffer;
  flowLabel?: number;
  hopLimit?: number;
}

export const ipv6 = ({ source, destination, protocol, payload, flowLabel = 0, hopLimit = 64 }: Ip6Fields): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(0x6000_0000 + flowLabel, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(protocol, 6);
  header.writeUInt8(hopLimit, 7);
  return Buffer.concat([header, address6(source), address6(destination), payload]);
};

/** A message of neighbour discovery with its option for a MAC address: 135 asks, 136 answers. */
export const neighbour = (type: 135 | 136, target: string, macAddress: string): Buffer =>
  Buffer.concat([
    Buffer.from([type, 0, 0, 0, 0, 0, 0, 0]),
    address6(target),
    Buffer.from([type === 135 ? 1 : 2, 1]),
    mac(macAddress),
  ]);

export interface TcpFields {
  from: number;
  to: number;
  flags: string;
  sequence?: number;
  payload?: string;
}

const BITS: Record<string, number> = { F: 0x01, S: 0x02, R: 0x04, P: 0x08, '.': 0x10 };

export const tcp = ({ from, to, flags, sequence = 1, payload = '' }: TcpFields): Buffer => {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt8(0x50, 12);
  header.writeUInt8(
    [...flags].reduce((bits, flag) => bits | (BITS[flag] ?? 0), 0),
    13,
  );
  return Buffer.concat([header, Buffer.from(payload)]);
};

export const udp = (from: number, to: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
};

export interface ArpFields {
  operation: number;
  senderMac: string;
  senderAddress: string;
  targetMac: string;
  targetAddress: string;
}

export const arp = ({ operation, senderMac, senderAddress, targetMac, targetAddress }: ArpFields): Buffer => {
  const header = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  return Buffer.concat([header, mac(senderMac), address(senderAddress), mac(targetMac), address(targetAddress)]);
};

export interface PcapOptions {
  order?: 'LE' | 'BE';
  nanoseconds?: boolean;
  linktype?: number;
}

export const pcap = (
  frames: readonly { time: number; bytes: Buffer }[],
  { order = 'LE', nanoseconds = false, linktype = 1 }: PcapOptions = {},
): Buffer => {
  const words = (...values: number[]) => {
    const buffer = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) buffer[`writeUInt32${order}`](value, index * 4);
    return buffer;
  };
  // Version 2.4 is one word only in the order of the file, so it is written in halves.
  const version = Buffer.alloc(4);
  version[`writeUInt16${order}`](2, 0);
  version[`writeUInt16${order}`](4, 2);
  const ticks = nanoseconds ? 1e9 : 1e6;
  return Buffer.concat([
    words(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
    version,
    words(0, 0, 65535, linktype),
    ...frames.flatMap(({ time, bytes }) => [
      words(Math.floor(time), Math.round((time % 1) * ticks), bytes.length, bytes.length),
      bytes,
    ]),
  ]);
};

/** Numbers in [0, 1) that look random and are the same in every run (mulberry32). */
export const randomNumbers = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
  return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
};

import ipaddr from 'ipaddr.js';
import { decodeIcmp, decodeIcmp6, type Icmp } from './icmp.ts';
import { decodeNeighbour, type Neighbour } from './neighbour.ts';
import { decodeTcp, type Tcp } from './tcp.ts';
import { decodeUdp, type Udp } from './udp.ts';

/** IANA's numbers of the protocols inside IP. */
export const Protocol = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, icmpv6: 58 } as const;

/** IANA's port of Generic UDP Encapsulation (GUE). */
export const GUE_PORT = 6080;

/** A packet of IPv4 or IPv6. */
export interface Ip {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** Of IPv6, the next header behind all extension headers that routers and receivers may look over. */
  readonly protocol: number;
  /** Of IPv6, the hop limit. */
  readonly ttl: number;
  /** Of IPv6, the flow label: it has no identification outside of fragments. */
  readonly identification: number;
  readonly dontFragment: boolean;
  /** Where this piece lies in the whole, in bytes, and whether pieces follow: absent when it is whole. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
  /** What follows the header and its options, without the padding of a short frame. */
  readonly payload: Buffer;
  /** Bytes of the payload that the capture did not keep. */
  readonly missing: number;
  /** The header inside; absent in a fragment other than the first. */
  readonly tcp?: Tcp;
  readonly udp?: Udp;
  readonly icmp?: Icmp;
  readonly icmp6?: Icmp;
  /** Neighbour discovery, which IPv6 has in the place of ARP. */
  readonly neighbour?: Neighbour;
  /** The packet in a tunnel: IP in IP (protocol 4), IPv6 in IP (41), GRE (protocol 47), or GUE (UDP to port 6080). */
  readonly inner?: Ip;
}

/** Deep enough for every tunnel in a tunnel, and an end to a packet made to nest without one. */
const MAX_NESTING = 8;

/** Decodes an IPv4 packet and what it carries; undefined when it is none, or its header is cut short. */
export const decodeIpv4 = (bytes: Buffer, nesting = 0): Ip | undefined => {
  if (bytes.length < 20 || bytes.readUInt8(0) >> 4 !== 4) return undefined;
  const headerLength = (bytes.readUInt8(0) & 0x0f) * 4;
  if (headerLength < 20 || bytes.length < headerLength) return undefined;
  const flagsAndOffset = bytes.readUInt16BE(6);
  const offset = (flagsAndOffset & 0x1fff) * 8;
  const more = (flagsAndOffset & 0x2000) !== 0;
  const protocol = bytes.readUInt8(9);
  // A segmentation offload leaves the total length at 0.
  const declared = bytes.readUInt16BE(2);
  const end = declared < headerLength ? bytes.length : declared;
  const payload = bytes.subarray(headerLength, end);
  return {
    version: 4,
    source: addressAt(bytes, 12),
    destination: addressAt(bytes, 16),
    protocol,
    ttl: bytes.readUInt8(8),
    identification: bytes.readUInt16BE(4),
    dontFragment: (flagsAndOffset & 0x4000) !== 0,
    ...((more || offset > 0) && { fragment: { offset, more } }),
    payload,
    missing: Math.max(0, end - bytes.length),
    ...(offset === 0 && decodeCarried(protocol, payload, nesting)),
  };
};

/** Extension headers that stand before what a packet carries; RFC 8200, section 4. */
const EXTENSIONS = { hopByHop: 0, routing: 43, fragment: 44, destination: 60 } as const;

/** Decodes an IPv6 packet and what it carries; undefined when it is none, or its header is cut short. */
export const decodeIpv6 = (bytes: Buffer, nesting = 0): Ip | undefined => {
  if (bytes.length < 40 || bytes.readUInt8(0) >> 4 !== 6) return undefined;
  const end = 40 + bytes.readUInt16BE(4);
  const { protocol, start, fragment } = skipExtensions(bytes.subarray(0, end), bytes.readUInt8(6));
  const payload = bytes.subarray(start, end);
  return {
    version: 6,
    source: address6At(bytes, 8),
    destination: address6At(bytes, 24),
    protocol,
    ttl: bytes.readUInt8(7),
    identification: bytes.readUInt32BE(0) & 0xfffff,
    dontFragment: true,
    ...(fragment && { fragment }),
    payload,
    missing: Math.max(0, end - bytes.length),
    ...((fragment?.offset ?? 0) === 0 && decodeCarried(protocol, payload, nesting)),
  };
};

/** Where what the packet carries begins, and what it is. Ends for good, since every header has a length of its own. */
const skipExtensions = (bytes: Buffer, first: number) => {
  let protocol = first;
  let start = 40;
  let fragment: Ip['fragment'];
  while (Object.values(EXTENSIONS).some((each) => each === protocol) && start + 8 <= bytes.length) {
    const isFragment = protocol === EXTENSIONS.fragment;
    if (isFragment) {
      const bits = bytes.readUInt16BE(start + 2);
      fragment = { offset: bits & 0xfff8, more: (bits & 1) !== 0 };
    }
    protocol = bytes.readUInt8(start);
    start += isFragment ? 8 : 8 * (bytes.readUInt8(start + 1) + 1);
  }
  return { protocol, start, fragment };
};

/** The IPv6 address at an offset, as RFC 5952 writes it. The caller has checked that sixteen bytes are there. */
export const address6At = (bytes: Buffer, offset: number): string =>
  new ipaddr.IPv6([...bytes.subarray(offset, offset + 16)]).toRFC5952String();

/** The dotted address at an offset. The caller has checked that four bytes are there. */
export const addressAt = (bytes: Buffer, offset: number): string => bytes.subarray(offset, offset + 4).join('.');

const decodeCarried = (
  protocol: number,
  payload: Buffer,
  nesting: number,
): Partial<Pick<Ip, 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'neighbour' | 'inner'>> => {
  switch (protocol) {
    case Protocol.tcp:
      return present('tcp', decodeTcp(payload));
    case Protocol.udp:
      return decodeDatagram(payload, nesting);
    case Protocol.icmp:
      return present('icmp', decodeIcmp(payload));
    case Protocol.icmpv6:
      return { ...present('icmp6', decodeIcmp6(payload)), ...present('neighbour', decodeNeighbour(payload)) };
    case Protocol.ipip:
      return decodeInner(payload, nesting);
    case Protocol.ipv6:
      return decodeInner(payload, nesting, decodeIpv6);
    case Protocol.gre:
      return decodeInner(payload.subarray(greHeaderLength(payload)), nesting);
    default:
      return {};
  }
};

const decodeInner = (bytes: Buffer, nesting: number, decode: typeof decodeIpv4 = decodeIpv4) =>
  nesting < MAX_NESTING ? present('inner', decode(bytes, nesting + 1)) : {};

const decodeDatagram = (payload: Buffer, nesting: number) => {
  const udp = decodeUdp(payload);
  if (udp?.destinationPort !== GUE_PORT) return present('udp', udp);
  // Version 0, no control message, and the protocol inside: draft-ietf-intarea-gue, section 3.2. Optional fields are
  // counted in words of 32 bits.
  const [first = 0xff, protocol] = udp.payload;
  const isIp = first >> 5 === 0 && protocol === Protocol.ipip;
  return {
    ...present('udp', udp),
    ...(isIp && decodeInner(udp.payload.subarray(4 + (first & 0x1f) * 4), nesting)),
  };
};

/** The flags tell which of the optional words are there: checksum, key, sequence number (RFC 2784 and 2890). */
const greHeaderLength = (bytes: Buffer): number => {
  if (bytes.length < 4 || bytes.readUInt16BE(2) !== 0x0800) return bytes.length;
  const flags = bytes.readUInt8(0);
  return 4 + 4 * [0x80, 0x20, 0x10].filter((flag) => flags & flag).length;
};

const present = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);

import { decodeIcmp, type Icmp } from './icmp.ts';
import { decodeTcp, type Tcp } from './tcp.ts';
import { decodeUdp, type Udp } from './udp.ts';

/** IANA's numbers of the protocols inside IP. */
export const Protocol = { icmp: 1, ipip: 4, tcp: 6, udp: 17 } as const;

export interface Ipv4 {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
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
  /** The packet in an IPIP tunnel (protocol 4). */
  readonly inner?: Ipv4;
}

/** Deep enough for every tunnel in a tunnel, and an end to a packet made to nest without one. */
const MAX_NESTING = 8;

/** Decodes an IPv4 packet and what it carries; undefined when it is none, or its header is cut short. */
export const decodeIpv4 = (bytes: Buffer, nesting = 0): Ipv4 | undefined => {
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

/** The dotted address at an offset. The caller has checked that four bytes are there. */
export const addressAt = (bytes: Buffer, offset: number): string => bytes.subarray(offset, offset + 4).join('.');

const decodeCarried = (
  protocol: number,
  payload: Buffer,
  nesting: number,
): Partial<Pick<Ipv4, 'tcp' | 'udp' | 'icmp' | 'inner'>> => {
  switch (protocol) {
    case Protocol.tcp:
      return present('tcp', decodeTcp(payload));
    case Protocol.udp:
      return present('udp', decodeUdp(payload));
    case Protocol.icmp:
      return present('icmp', decodeIcmp(payload));
    case Protocol.ipip:
      return nesting < MAX_NESTING ? present('inner', decodeIpv4(payload, nesting + 1)) : {};
    default:
      return {};
  }
};

const present = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);

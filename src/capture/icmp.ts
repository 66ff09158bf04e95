export interface Icmp {
  readonly type: number;
  readonly code: number;
  /** What follows the eight bytes of the header: of an error message, the packet it is about. */
  readonly payload: Buffer;
  /** The MTU of the next hop, in a "fragmentation needed" or "packet too big". */
  readonly mtu?: number;
}

export const IcmpType = { echoReply: 0, unreachable: 3, redirect: 5, echoRequest: 8, timeExceeded: 11 } as const;
export const FRAGMENTATION_NEEDED = 4;

/** Decodes an ICMP header; undefined when it is cut short. */
export const decodeIcmp = (bytes: Buffer): Icmp | undefined => {
  if (bytes.length < 8) return undefined;
  const type = bytes.readUInt8(0);
  const code = bytes.readUInt8(1);
  return {
    type,
    code,
    payload: bytes.subarray(8),
    ...(type === IcmpType.unreachable && code === FRAGMENTATION_NEEDED && { mtu: bytes.readUInt16BE(6) }),
  };
};

/** Types of ICMPv6 (RFC 4443, and 4861 for the redirect). */
export const Icmp6Type = {
  unreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  redirect: 137,
} as const;

/** Decodes an ICMPv6 header; undefined when it is cut short. */
export const decodeIcmp6 = (bytes: Buffer): Icmp | undefined => {
  if (bytes.length < 8) return undefined;
  const type = bytes.readUInt8(0);
  return {
    type,
    code: bytes.readUInt8(1),
    payload: bytes.subarray(8),
    ...(type === Icmp6Type.packetTooBig && { mtu: bytes.readUInt32BE(4) }),
  };
};

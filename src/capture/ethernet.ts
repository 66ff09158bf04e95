export const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

export interface Ethernet {
  /** Lower case, with colons. */
  readonly source: string;
  readonly destination: string;
  /** The EtherType of the payload: the one behind the 802.1Q tag, when there is a tag. */
  readonly type: number;
  /** The VLAN identifier of an 802.1Q tag. */
  readonly vlan?: number;
  readonly payload: Buffer;
}

/** Decodes an Ethernet II header, with or without one 802.1Q tag; undefined when it is cut short. */
export const decodeEthernet = (bytes: Buffer): Ethernet | undefined => {
  if (bytes.length < 14) return undefined;
  const addresses = { destination: macAt(bytes, 0), source: macAt(bytes, 6) };
  const type = bytes.readUInt16BE(12);
  if (type !== EtherType.vlan) return { ...addresses, type, payload: bytes.subarray(14) };
  if (bytes.length < 18) return undefined;
  return {
    ...addresses,
    type: bytes.readUInt16BE(16),
    vlan: bytes.readUInt16BE(14) & 0x0fff,
    payload: bytes.subarray(18),
  };
};

/** The MAC address at an offset: lower case, with colons. The caller has checked that six bytes are there. */
export const macAt = (bytes: Buffer, offset: number): string =>
  bytes.toString('hex', offset, offset + 6).replace(/..(?!$)/g, '$&:');

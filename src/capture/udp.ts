export interface Udp {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Buffer;
}

/** Decodes a UDP header; undefined when it is cut short. */
export const decodeUdp = (bytes: Buffer): Udp | undefined =>
  bytes.length < 8
    ? undefined
    : { sourcePort: bytes.readUInt16BE(0), destinationPort: bytes.readUInt16BE(2), payload: bytes.subarray(8) };

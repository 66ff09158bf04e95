import ipaddr from 'ipaddr.js';
import { macAt } from './ethernet.ts';

/** A message of neighbour discovery (RFC 4861): the question for an address, or the answer. */
export interface Neighbour {
  readonly operation: 'solicitation' | 'advertisement';
  /** The address that is asked for, or that the sender says it has. */
  readonly target: string;
  /** The MAC address in the message: of a solicitation the sender's, of an advertisement the target's. */
  readonly mac?: string;
}

/** Decodes the message in an ICMPv6 packet; undefined for any other message, or when it is cut short. */
export const decodeNeighbour = (bytes: Buffer): Neighbour | undefined => {
  if (bytes.length < 24) return undefined;
  const operation = ({ 135: 'solicitation', 136: 'advertisement' } as const)[bytes.readUInt8(0)];
  if (!operation) return undefined;
  const target = new ipaddr.IPv6([...bytes.subarray(8, 24)]).toRFC5952String();
  const mac = linkLayerAddress(bytes.subarray(24), operation === 'solicitation' ? 1 : 2);
  return { operation, target, ...(mac !== undefined && { mac }) };
};

/** The MAC address in the option of that type. Lengths of options are counted in eight bytes, and none is zero. */
const linkLayerAddress = (options: Buffer, type: number): string | undefined => {
  let rest = options;
  while (rest.length >= 8 && rest.readUInt8(1) > 0) {
    if (rest.readUInt8(0) === type) return macAt(rest, 2);
    rest = rest.subarray(8 * rest.readUInt8(1));
  }
  return undefined;
};

import { EtherType, macAt } from './ethernet.ts';
import { addressAt } from './ip.ts';

export interface Arp {
  readonly operation: 'request' | 'reply';
  /** Who speaks, and for which address. A request too makes its hearers believe this pair. */
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

const HARDWARE_ETHERNET = 1;

/** Decodes ARP for IPv4 over Ethernet (RFC 826); undefined for any other, or when it is cut short. */
export const decodeArp = (bytes: Buffer): Arp | undefined => {
  if (bytes.length < 28) return undefined;
  if (bytes.readUInt16BE(0) !== HARDWARE_ETHERNET || bytes.readUInt16BE(2) !== EtherType.ipv4) return undefined;
  if (bytes[4] !== 6 || bytes[5] !== 4) return undefined;
  const operation = ({ 1: 'request', 2: 'reply' } as const)[bytes.readUInt16BE(6)];
  return (
    operation && {
      operation,
      senderMac: macAt(bytes, 8),
      senderAddress: addressAt(bytes, 14),
      targetMac: macAt(bytes, 18),
      targetAddress: addressAt(bytes, 24),
    }
  );
};

import { type Arp, decodeArp } from './arp.ts';
import { decodeEthernet, type Ethernet, EtherType } from './ethernet.ts';
import { decodeIpv4, decodeIpv6, type Ip } from './ip.ts';
import type { Frame } from './pcap.ts';

/** A frame as far as it could be decoded: a part that is absent was not there, or cut short. */
export interface Packet {
  /** Seconds since 1970. */
  readonly time: number;
  /** Bytes on the wire. */
  readonly length: number;
  readonly ethernet?: Ethernet;
  readonly arp?: Arp;
  readonly ip?: Ip;
}

/** Decodes a frame. Never throws, whatever its bytes. */
export const decodePacket = ({ time, length, bytes }: Frame): Packet => {
  const ethernet = decodeEthernet(bytes);
  if (!ethernet) return { time, length };
  const arp = ethernet.type === EtherType.arp ? decodeArp(ethernet.payload) : undefined;
  const ip = decodeIp(ethernet);
  return { time, length, ethernet, ...(arp && { arp }), ...(ip && { ip }) };
};

const decodeIp = ({ type, payload }: Ethernet): Ip | undefined => {
  if (type === EtherType.ipv4) return decodeIpv4(payload);
  return type === EtherType.ipv6 ? decodeIpv6(payload) : undefined;
};

/** The packet inside all tunnel headers; the packet itself when it is in no tunnel. */
export const innermost = (ip: Ip): Ip => (ip.inner ? innermost(ip.inner) : ip);

import type { Arp } from './arp.ts';
import { FRAGMENTATION_NEEDED, type Icmp, Icmp6Type, IcmpType } from './icmp.ts';
import { type Ip, Protocol } from './ip.ts';
import type { Neighbour } from './neighbour.ts';
import type { Packet } from './packet.ts';
import type { Tcp, TcpFlags } from './tcp.ts';

/** One line for a packet, in the manner of `tcpdump -n`, without time and MAC addresses. */
export const describePacket = (packet: Packet): string => {
  const { ethernet, arp, ip } = packet;
  if (!ethernet) return `no whole Ethernet header, length ${packet.length}`;
  const vlan = ethernet.vlan === undefined ? '' : `vlan ${ethernet.vlan}, `;
  if (arp) return vlan + describeArp(arp);
  if (ip) return vlan + describeIp(ip);
  return `${vlan}ethertype 0x${ethernet.type.toString(16).padStart(4, '0')}, length ${packet.length}`;
};

const describeArp = (arp: Arp): string =>
  arp.operation === 'request'
    ? `ARP, Request who-has ${arp.targetAddress} tell ${arp.senderAddress}`
    : `ARP, Reply ${arp.senderAddress} is-at ${arp.senderMac}`;

const describeIp = (ip: Ip): string => {
  const { tcp, udp, icmp, icmp6, neighbour, inner } = ip;
  const ends = (sourcePort?: number, destinationPort?: number) =>
    `${ip.version === 6 ? 'IP6' : 'IP'} ${endpoint(ip.source, sourcePort)} > ${endpoint(ip.destination, destinationPort)}: `;
  const fragment = ip.fragment ? `, fragment at ${ip.fragment.offset}${ip.fragment.more ? ', more follow' : ''}` : '';
  if (tcp) return ends(tcp.sourcePort, tcp.destinationPort) + describeTcp(tcp, ip.missing) + fragment;
  if (inner && udp) return `${ends(udp.sourcePort, udp.destinationPort)}GUE, ${describeIp(inner)}${fragment}`;
  if (inner && ip.protocol === Protocol.gre) return `${ends()}GRE, ${describeIp(inner)}${fragment}`;
  if (udp)
    return `${ends(udp.sourcePort, udp.destinationPort)}UDP, length ${udp.payload.length + ip.missing}${fragment}`;
  if (neighbour) return `${ends()}ICMP6, ${describeNeighbour(neighbour)}`;
  if (icmp6) return `${ends()}ICMP6, ${describeIcmp6(icmp6)}${fragment}`;
  if (icmp) return `${ends()}ICMP ${describeIcmp(icmp)}${fragment}`;
  if (inner) return ends() + describeIp(inner) + fragment;
  return `${ends()}${ip.version === 6 ? 'next-header' : 'ip-proto'}-${ip.protocol}, length ${ip.payload.length + ip.missing}${fragment}`;
};

const describeNeighbour = ({ operation, target, mac }: Neighbour): string =>
  operation === 'solicitation'
    ? `neighbor solicitation, who has ${target}`
    : `neighbor advertisement, tgt is ${target}${mac === undefined ? '' : `, is at ${mac}`}`;

const endpoint = (address: string, port?: number): string => (port === undefined ? address : `${address}.${port}`);

const describeTcp = (tcp: Tcp, missing: number): string => {
  const acknowledgement = tcp.flags.ack ? `, ack ${tcp.acknowledgement}` : '';
  return `Flags [${describeFlags(tcp.flags)}], seq ${tcp.sequence}${acknowledgement}, length ${tcp.payload.length + missing}`;
};

/** tcpdump's letters, in its order. */
const describeFlags = ({ fin, syn, rst, psh, ack }: TcpFlags): string =>
  [fin && 'F', syn && 'S', rst && 'R', psh && 'P', ack && '.'].filter(Boolean).join('') || 'none';

const UNREACHABLE: Record<number, string> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  [FRAGMENTATION_NEEDED]: 'fragmentation needed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'prohibited by a filter',
};

const describeIcmp = ({ type, code, mtu }: Icmp): string => {
  switch (type) {
    case IcmpType.echoRequest:
      return 'echo request';
    case IcmpType.echoReply:
      return 'echo reply';
    case IcmpType.redirect:
      return 'redirect';
    case IcmpType.timeExceeded:
      return 'time exceeded';
    case IcmpType.unreachable:
      return (UNREACHABLE[code] ?? `unreachable, code ${code}`) + (mtu === undefined ? '' : ` (mtu ${mtu})`);
    default:
      return `type ${type}, code ${code}`;
  }
};

const UNREACHABLE6: Record<number, string> = {
  0: 'no route',
  1: 'prohibited by a filter',
  3: 'address unreachable',
  4: 'port unreachable',
};

const describeIcmp6 = ({ type, code, mtu }: Icmp): string => {
  switch (type) {
    case Icmp6Type.echoRequest:
      return 'echo request';
    case Icmp6Type.echoReply:
      return 'echo reply';
    case Icmp6Type.routerSolicitation:
      return 'router solicitation';
    case Icmp6Type.routerAdvertisement:
      return 'router advertisement';
    case Icmp6Type.redirect:
      return 'redirect';
    case Icmp6Type.timeExceeded:
      return 'time exceeded';
    case Icmp6Type.packetTooBig:
      return `packet too big (mtu ${mtu})`;
    case Icmp6Type.unreachable:
      return UNREACHABLE6[code] ?? `unreachable, code ${code}`;
    default:
      return `type ${type}, code ${code}`;
  }
};

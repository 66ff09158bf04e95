import { describePacket } from '../capture/describe.ts';
import { Icmp6Type, IcmpType } from '../capture/icmp.ts';
import type { Ip } from '../capture/ip.ts';
import { innermost } from '../capture/packet.ts';
import { type Lab, type Link, linkOf, nodeOf, requestedAddress } from '../lab/lab.ts';
import type { Evidence } from '../verdicts/verdict.ts';
import { questionOf } from './datagrams.ts';
import type { Burst, Request, Sighting } from './observation.ts';

/** A sighting of an IP packet. */
export interface IpSighting extends Sighting {
  readonly ip: Ip;
}

/** The sightings of IP packets that a node itself sent. */
export const sentBy = (lab: Lab, node: string, sightings: readonly Sighting[]): IpSighting[] =>
  ipSightings(sightings.filter((sighting) => sighting.node === node && directionOf(lab, sighting) === 'out'));

/** The sightings of IP packets that were addressed to a node itself, not merely flooded to its NIC. */
export const receivedBy = (lab: Lab, node: string, sightings: readonly Sighting[]): IpSighting[] =>
  ipSightings(sightings.filter((sighting) => sighting.node === node && directionOf(lab, sighting) === 'in'));

export const ipSightings = (sightings: readonly Sighting[]): IpSighting[] =>
  sightings.flatMap((sighting) => (sighting.packet.ip ? [{ ...sighting, ip: sighting.packet.ip }] : []));

/** Whether the packet is one of the client's to the service, on the request's connection. */
export const isRequestPacket = (ip: Ip, { service }: Burst, request: Request): boolean =>
  isFromClient(ip, request) && ip.destination === service.vip && transportOf(ip)?.destinationPort === service.port;

/** Whether the packet comes from the client's end of the request's connection, wherever it is addressed. */
export const isFromClient = (ip: Ip, request: Request): boolean =>
  request.port !== undefined &&
  ip.source === request.address &&
  transportOf(ip)?.sourcePort === request.port &&
  isAbout(ip, request);

/** Whether the packet goes to the client's end of the request's connection, whoever it is from. */
export const isToClient = (ip: Ip, request: Request): boolean =>
  request.port !== undefined &&
  ip.destination === request.address &&
  transportOf(ip)?.destinationPort === request.port &&
  isAbout(ip, request);

/** What carries the ports. */
export const transportOf = (ip: Ip): Ip['tcp'] | Ip['udp'] => ip.tcp ?? ip.udp;

/** A connection is a request's own; datagrams of all requests share a socket, and each holds the name that was asked. */
const isAbout = ({ udp }: Ip, { token }: Request): boolean => !udp || udp.payload.includes(questionOf(token));

type Direction = 'in' | 'out' | 'passing';

/** `passing`: a frame of others, which a switch that does not know an address yet sends to every NIC. */
const directionOf = (lab: Lab, { node, segment, packet }: Sighting): Direction => {
  const mac = linkOf(nodeOf(lab, node), segment)?.mac;
  if (packet.ethernet?.source === mac) return 'out';
  return packet.ethernet?.destination === mac ? 'in' : 'passing';
};

/** The node that has a MAC address, and the link it has it on. */
export const ownerOfMac = (lab: Lab, mac: string): { node: string; link: Link } | undefined => {
  for (const node of lab.nodes) {
    const link = node.links.find((candidate) => candidate.mac === mac);
    if (link) return { node: node.name, link };
  }
  return undefined;
};

/** A MAC address with the name of its node: `rs1 (52:54:00:02:00:04)`. */
export const nameMac = (lab: Lab, mac: string): string => {
  const owner = ownerOfMac(lab, mac);
  return owner ? `${owner.node} (${mac})` : `${mac} (no node of the lab)`;
};

/** More would bury what matters: the first packets of a connection show where it went wrong. */
const MAX_ROWS = 60;

/** Seconds around a request in which an ICMP error or an ARP packet may belong to it. */
const MARGIN = 0.5;

/** The way of a request's packets through the lab, NIC by NIC, and the ICMP errors and ARP for the VIP of that time. */
export const journeyEvidence = (lab: Lab, burst: Burst, sightings: readonly Sighting[], request: Request): Evidence => {
  const located = locate(burst, sightings, request);
  const own = new Set(sightings.filter(({ packet: { ip } }) => ip && isOfConnection(innermost(ip), located)));
  const [first] = own;
  const isOfThatTime = ({ packet: { time } }: Sighting) =>
    !first || (time >= first.packet.time - MARGIN && time <= first.packet.time + request.seconds + MARGIN);
  const seen = sightings.filter(
    (sighting) => own.has(sighting) || (isSignOfTrouble(lab, burst, sighting) && isOfThatTime(sighting)),
  );
  const title = `packets of request ${request.number}`;
  const start = seen[0]?.packet.time;
  if (start === undefined) return { title, lines: ['no NIC of the lab saw a packet of it'] };
  return {
    title: seen.length > MAX_ROWS ? `${title} (the first ${MAX_ROWS} of ${seen.length} sightings)` : title,
    columns: SIGHTING_COLUMNS,
    rows: seen.slice(0, MAX_ROWS).map((sighting) => sightingRow(lab, sighting, start)),
  };
};

/** Headings of `sightingRow`. */
export const SIGHTING_COLUMNS = ['ms', 'node', 'segment', '', 'packet'];

/** A sighting in words: milliseconds since `start`, where it was, whether it came or went, and what it was. */
export const sightingRow = (lab: Lab, sighting: Sighting, start: number): string[] => [
  ((sighting.packet.time - start) * 1000).toFixed(1),
  sighting.node,
  sighting.segment,
  directionOf(lab, sighting),
  describePacket(sighting.packet),
];

const isOfConnection = (ip: Ip, request: Request): boolean => isFromClient(ip, request) || isToClient(ip, request);

const isSignOfTrouble = (lab: Lab, { service: { vip } }: Burst, sighting: Sighting): boolean => {
  const { arp, ip } = sighting.packet;
  if (!arp && ip?.neighbour) return ip.neighbour.target === vip && directionOf(lab, sighting) !== 'passing';
  if (!arp) return ip !== undefined && isIcmpError(ip);
  // A broadcast reaches every NIC: that it was sent is enough to know.
  return (arp.senderAddress === vip || arp.targetAddress === vip) && directionOf(lab, sighting) !== 'passing';
};

const isIcmpError = ({ icmp, icmp6 }: Ip): boolean =>
  ERRORS.some((type) => type === icmp?.type) || ERRORS6.some((type) => type === icmp6?.type);

const ERRORS: readonly number[] = [IcmpType.unreachable, IcmpType.redirect, IcmpType.timeExceeded];
const ERRORS6: readonly number[] = [
  Icmp6Type.unreachable,
  Icmp6Type.packetTooBig,
  Icmp6Type.timeExceeded,
  Icmp6Type.redirect,
];

/**
 * The request with the client's end of its connection. curl does not tell that end of a connection that never stood;
 * requests follow one another, so the ends that only the packets tell belong to those requests, in order.
 */
const locate = (burst: Burst, sightings: readonly Sighting[], request: Request): Request => {
  if (request.port !== undefined) return request;
  const told = new Set(burst.requests.map(({ port }) => port));
  const attempts = new Map<number, string>();
  for (const { node, ip } of ipSightings(sightings)) {
    const { tcp } = ip;
    const isAttempt = node === burst.client && tcp?.flags.syn && ip.destination === requestedAddress(burst.service);
    if (isAttempt && tcp.destinationPort === burst.service.port && !told.has(tcp.sourcePort)) {
      attempts.set(tcp.sourcePort, ip.source);
    }
  }
  const untold = burst.requests.filter(({ port }) => port === undefined);
  const attempt = attempts.size === untold.length ? [...attempts][untold.indexOf(request)] : undefined;
  return attempt ? { ...request, port: attempt[0], address: attempt[1] } : request;
};

import { z } from 'zod';
import { GUE_PORT, type Ip, Protocol } from '../capture/ip.ts';
import { familyOfText } from '../lab/addresses.ts';
import { type Lab, nodeOf, type RealServer, type Service, type TunnelType } from '../lab/lab.ts';
import { serverOf } from '../traffic/answers.ts';
import {
  type IpSighting,
  isFromClient,
  isRequestPacket,
  journeyEvidence,
  nameMac,
  receivedBy,
  sentBy,
} from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeTiers, scopeOptions } from './judge.ts';
import { requestProblem } from './request-problems.ts';

const options = z.strictObject(scopeOptions);

/**
 * The director sends every packet of a request to the real server that answers it in the tunnel of the service's
 * `tun-type` (IP in IP, protocol 4; IPv6 in IPv6, next header 41; GRE, protocol 47; GUE, UDP to port 6080), from an address of its own to the RIP, with
 * the client's packet unchanged inside; so it arrives at the real server; and none goes there without a tunnel. Read off
 * the wire at both ends. For services with `forward: tun`.
 *
 * Broken by another forwarding method (`ipvsadm -g`, `-m`), and by an outer source that is the VIP, which real servers
 * drop as their own.
 */
export const encapsulated: Check<z.infer<typeof options>> = {
  name: 'encapsulated',
  summary: 'requests reach the real servers in an IP tunnel from the director',
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) =>
    judgeTiers(context, scope, (tier, burst) =>
      tier.service.forward === 'tun'
        ? judgeEncapsulated(context.lab, tier, context.observation.sightings(burst))
        : skip(`${tier.service.name} forwards by ${tier.service.forward}, without a tunnel`),
    ),
};

export const judgeEncapsulated = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Outcome => {
  const failure = requestProblem(lab, burst, sightings, (request) => {
    const server = serverOf(burst, request);
    return server && tunnelProblem(lab, burst, sightings, request, server);
  });
  if (failure) return failure;
  const example = burst.requests[0] as Request;
  return pass(
    `${burst.requests.length} requests went from ${burst.service.director} to their real servers ${tunnelOf(burst.service).words}`,
    journeyEvidence(lab, burst, sightings, example),
  );
};

/** Each type of tunnel in words, and how its packets are known. */
const TUNNELS: Readonly<Record<TunnelType | 'ip6', { words: string; is(ip: Ip): boolean }>> = {
  ip6: { words: 'as IPv6 next header 41', is: ({ version, protocol }) => version === 6 && protocol === Protocol.ipv6 },
  ipip: { words: 'as IP protocol 4', is: ({ protocol }) => protocol === Protocol.ipip },
  gre: { words: 'in GRE (IP protocol 47)', is: ({ protocol }) => protocol === Protocol.gre },
  gue: { words: `in GUE (UDP to port ${GUE_PORT})`, is: ({ udp }) => udp?.destinationPort === GUE_PORT },
};

const tunnelOf = ({ vip, tunType }: Service) => TUNNELS[familyOfText(vip) === 'IPv6' ? 'ip6' : tunType];

const tunnelProblem = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  request: Request,
  server: RealServer,
): string | undefined => {
  const { director, vip } = burst.service;
  const sent = sentBy(lab, director, sightings);
  const arrived = receivedBy(lab, server.node, sightings);
  const plain = [...sent, ...arrived].find(({ ip }) => isFromClient(ip, request));
  if (plain) return describePlain(lab, plain);

  const isTunnelled = ({ ip }: IpSighting) => ip.inner !== undefined && isRequestPacket(ip.inner, burst, request);
  const tunnelled = sent.filter(isTunnelled);
  const own = nodeOf(lab, director).links.map(({ address }) => address);
  for (const { ip } of tunnelled) {
    if (!tunnelOf(burst.service).is(ip))
      return `${director} sent a packet of it as IP protocol ${ip.protocol}, and not ${tunnelOf(burst.service).words}`;
    if (ip.source === vip) return `the outer source is the VIP ${vip}, and not an address of ${director} itself`;
    if (!own.includes(ip.source)) return `the outer source is ${ip.source}, and not an address of ${director}`;
    if (ip.destination !== server.address) {
      return `the outer destination is ${ip.destination}, and ${server.node} (${server.address}) answered`;
    }
  }
  const received = arrived.filter(isTunnelled);
  return (
    whatIsMissing(tunnelled, burst, `${director} sent`) ??
    whatIsMissing(
      received.filter(({ ip }) => own.includes(ip.source) && ip.destination === server.address),
      burst,
      `${server.node} received`,
    )
  );
};

const describePlain = (lab: Lab, { ip, packet }: IpSighting): string => {
  const from = nameMac(lab, packet.ethernet?.source ?? '');
  const to = nameMac(lab, packet.ethernet?.destination ?? '');
  return `a packet to ${ip.destination} went from ${from} to ${to} without a tunnel`;
};

/** A request is at least the packet that opens its connection and the one that holds its URL; over UDP, one datagram. */
const whatIsMissing = (sightings: readonly IpSighting[], { service }: Burst, who: string): string | undefined => {
  const packets = sightings.map(({ ip }) => ip.inner?.tcp);
  if (packets.length === 0) return `${who} no packet of it in a tunnel`;
  if (service.protocol === 'udp') return undefined;
  if (!packets.some((tcp) => tcp?.flags.syn)) return `${who} no SYN of it in a tunnel`;
  if (!packets.some((tcp) => tcp && tcp.payload.length > 0))
    return `${who} nothing of it in a tunnel but empty packets`;
  return undefined;
};

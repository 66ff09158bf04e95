import { z } from 'zod';
import { innermost } from '../capture/packet.ts';
import { type Lab, linkOf, nodeOf, type RealServer } from '../lab/lab.ts';
import { serverOf } from '../traffic/answers.ts';
import {
  type IpSighting,
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
 * The director changes nothing of a request but the MAC addresses of its frame: what it sends on is still for the VIP,
 * from the client, and goes to the MAC address of the real server that answers, which receives it so. For services with
 * `forward: dr`. The director of a second tier may get it in a tunnel, and sends on what was inside.
 *
 * Broken by another forwarding method (`ipvsadm -i`, `-m`).
 */
export const macRewrite: Check<z.infer<typeof options>> = {
  name: 'mac-rewrite',
  summary: 'the director rewrites the MAC addresses of requests and nothing else',
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) =>
    judgeTiers(context, scope, (tier, burst) =>
      tier.service.forward === 'dr'
        ? judgeMacRewrite(context.lab, tier, context.observation.sightings(burst))
        : skip(`${tier.service.name} forwards by ${tier.service.forward}, which rewrites more than MAC addresses`),
    ),
};

export const judgeMacRewrite = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Outcome => {
  const failure = requestProblem(lab, burst, sightings, (request) => {
    const server = serverOf(burst, request);
    return server && frameProblem(lab, burst, sightings, request, server);
  });
  if (failure) return failure;
  const macs = burst.service.realServers.map(({ node, address }) => nameMac(lab, macOf(lab, node, address)));
  return pass(
    `the frames of ${burst.requests.length} requests went on to ${macs.join(', ')}, still for ${burst.service.vip}`,
    journeyEvidence(lab, burst, sightings, burst.requests[0] as Request),
  );
};

const macOf = (lab: Lab, node: string, address: string): string =>
  nodeOf(lab, node).links.find((link) => link.address === address)?.mac ?? '';

const frameProblem = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  request: Request,
  server: RealServer,
): string | undefined => {
  const { director, segment } = burst.service;
  const isOwn = ({ ip }: IpSighting) => isRequestPacket(ip, burst, request);
  const mac = macOf(lab, server.node, server.address);
  const came = receivedBy(lab, director, sightings)
    .map((sighting) => ({ ...sighting, ip: innermost(sighting.ip) }))
    .filter(isOwn);
  const sent = sentBy(lab, director, sightings).filter(isOwn);
  const received = receivedBy(lab, server.node, sightings).filter(isOwn);
  if (came.length === 0)
    return `no packet of it was seen to reach ${director} (${linkOf(nodeOf(lab, director), segment)?.mac})`;
  if (sent.length === 0) return `${director} sent on no packet of it that is still for ${burst.service.vip}`;
  const astray = sent.find(({ packet }) => packet.ethernet?.destination !== mac);
  if (astray)
    return `${director} sent a packet of it to ${nameMac(lab, astray.packet.ethernet?.destination ?? '')}, and ${server.node} answered`;
  const isSentOn = (before: IpSighting) => sent.some((after) => isSame(before, after));
  // What came after the last packet that was sent on may have been on its way when the captures ended.
  const changed = came.slice(0, came.findLastIndex(isSentOn)).find((before) => !isSentOn(before));
  if (changed)
    return `${director} sent on no packet like the one that reached it, of ${changed.ip.payload.length} bytes`;
  if (received.length === 0) return `no packet of it was seen to reach ${server.node}`;
  return undefined;
};

/** A router's marks, the time to live and with it the checksum, are the header's own; what it carries is the sender's. */
const isSame = ({ ip: one }: IpSighting, { ip: other }: IpSighting): boolean =>
  one.identification === other.identification && one.payload.equals(other.payload);

import { z } from 'zod';
import { type Lab, nodeOf, type RealServer } from '../lab/lab.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from './answers.ts';
import type { Check, Outcome } from './check.ts';
import {
  type IpSighting,
  ipSightings,
  isToClient,
  journeyEvidence,
  nameMac,
  receivedBy,
  sentBy,
} from './connection.ts';
import { unansweredJourney } from './encapsulated.ts';
import type { Burst, Request, Sighting } from './observation.ts';
import { fail, pass, skip } from './outcome.ts';
import { judgeBursts, scopeOptions } from './scope.ts';

const options = z.strictObject(scopeOptions);

/**
 * The real server replies to the client itself: its packets leave it with the VIP as their source, reach the client so,
 * and on no segment is the director the sender or the receiver of a frame that holds one. For services with
 * `forward: tun` or `dr`; with `nat` replies have to cross the director.
 *
 * Broken by a real server whose gateway is the director, by forwarding with `ipvsadm -m`, and by address translation
 * of the replies.
 */
export const directReturn: Check<z.infer<typeof options>> = {
  name: 'direct-return',
  summary: 'replies carry the VIP as their source and do not cross the director',
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) =>
    judgeBursts(context, scope, (burst) =>
      burst.service.forward === 'nat'
        ? skip(`${burst.service.name} forwards by nat, so its replies have to cross the director`)
        : judgeDirectReturn(context.lab, burst, context.observation.sightings(burst)),
    ),
};

export const judgeDirectReturn = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Outcome => {
  for (const request of burst.requests) {
    const server = serverOf(burst, request);
    const problem = server && returnProblem(lab, burst, sightings, request, server);
    if (problem) return fail(`request ${request.number}: ${problem}`, journeyEvidence(lab, burst, sightings, request));
  }
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst), ...unansweredJourney(lab, burst, sightings));
  const example = burst.requests[0] as Request;
  return pass(
    `replies to ${burst.requests.length} requests came from ${burst.service.vip} past ${burst.service.director}`,
    journeyEvidence(lab, burst, sightings, example),
  );
};

const returnProblem = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  request: Request,
  server: RealServer,
): string | undefined => {
  const { service, client } = burst;
  const isReply = ({ ip }: IpSighting) => isToClient(ip, request);
  const directorMacs = nodeOf(lab, service.director).links.map(({ mac }) => mac);
  const crossing = ipSightings(sightings)
    .filter(isReply)
    .find(({ packet }) =>
      directorMacs.some((mac) => mac === packet.ethernet?.source || mac === packet.ethernet?.destination),
    );
  if (crossing) {
    const from = nameMac(lab, crossing.packet.ethernet?.source ?? '');
    const to = nameMac(lab, crossing.packet.ethernet?.destination ?? '');
    return `a reply crossed the director: it went from ${from} to ${to}`;
  }
  return (
    wrongReplies(sentBy(lab, server.node, sightings).filter(isReply), burst, `left ${server.node}`) ??
    wrongReplies(receivedBy(lab, client, sightings).filter(isReply), burst, `reached ${client}`)
  );
};

/** A reply is at least the packet that accepts the connection and one that holds the page. */
const wrongReplies = (replies: readonly IpSighting[], { service }: Burst, how: string): string | undefined => {
  const stranger = replies.find(({ ip }) => ip.source !== service.vip || ip.tcp?.sourcePort !== service.port);
  if (stranger) {
    const source = `${stranger.ip.source}:${stranger.ip.tcp?.sourcePort}`;
    return `a reply ${how} with the source ${source}, and not ${service.vip}:${service.port}`;
  }
  if (replies.length === 0) return `no reply was seen that ${how}`;
  if (!replies.some(({ ip }) => ip.tcp?.flags.syn)) return `no SYN-ACK was seen that ${how}`;
  if (!replies.some(({ ip }) => ip.tcp && ip.tcp.payload.length > 0)) return `no page was seen that ${how}`;
  return undefined;
};

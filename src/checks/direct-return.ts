import { z } from 'zod';
import { type Lab, nodeOf, requestedAddress } from '../lab/lab.ts';
import { answererOf } from '../traffic/answers.ts';
import {
  type IpSighting,
  ipSightings,
  isToClient,
  journeyEvidence,
  nameMac,
  receivedBy,
  sentBy,
  transportOf,
} from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { stepsOf } from '../traffic/tiers.ts';
import { type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, scopeOptions } from './judge.ts';
import { requestProblem } from './request-problems.ts';

const options = z.strictObject(scopeOptions);

/**
 * The real server replies to the client itself: its packets leave it with the VIP as their source, reach the client so,
 * and on no segment is the director the sender or the receiver of a frame that holds one; of several tiers, none of the
 * directors on its way. For services with `forward: tun` or `dr`; with `nat` replies have to cross the director.
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
  const failure = requestProblem(lab, burst, sightings, (request) => {
    const answerer = answererOf(burst, request);
    return answerer && returnProblem(lab, burst, sightings, request, answerer);
  });
  if (failure) return failure;
  const example = burst.requests[0] as Request;
  const directors = new Set(burst.requests.flatMap((each) => directorsOf(lab, burst, each)));
  return pass(
    `replies to ${burst.requests.length} requests came from ${burst.service.vip} past ${[...directors].join(', ')}`,
    journeyEvidence(lab, burst, sightings, example),
  );
};

/** The directors that a request passed. */
const directorsOf = (lab: Lab, burst: Burst, request: Request): string[] =>
  stepsOf(lab, burst, request).map(({ service }) => service.director);

const returnProblem = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  request: Request,
  answerer: string,
): string | undefined => {
  const { service, client } = burst;
  const isReply = ({ ip }: IpSighting) => isToClient(ip, request);
  const directors = directorsOf(lab, burst, request);
  const directorMacs = directors.flatMap((director) => nodeOf(lab, director).links.map(({ mac }) => mac));
  const crossing = ipSightings(sightings)
    .filter(isReply)
    .find(({ packet }) =>
      directorMacs.some((mac) => mac === packet.ethernet?.source || mac === packet.ethernet?.destination),
    );
  if (crossing) {
    const from = nameMac(lab, crossing.packet.ethernet?.source ?? '');
    const to = nameMac(lab, crossing.packet.ethernet?.destination ?? '');
    return `a reply crossed ${directors.length > 1 ? 'a' : 'the'} director: it went from ${from} to ${to}`;
  }
  return (
    wrongReplies(sentBy(lab, answerer, sightings).filter(isReply), burst, service.vip, `left ${answerer}`) ??
    wrongReplies(
      receivedBy(lab, client, sightings).filter(isReply),
      burst,
      requestedAddress(service),
      `reached ${client}`,
    )
  );
};

/** A reply is at least the packet that accepts the connection and one that holds the page; over UDP, one datagram. */
const wrongReplies = (
  replies: readonly IpSighting[],
  { service }: Burst,
  from: string,
  how: string,
): string | undefined => {
  const stranger = replies.find(({ ip }) => ip.source !== from || transportOf(ip)?.sourcePort !== service.port);
  if (stranger) {
    const source = `${stranger.ip.source}:${transportOf(stranger.ip)?.sourcePort}`;
    return `a reply ${how} with the source ${source}, and not ${from}:${service.port}`;
  }
  if (replies.length === 0) return `no reply was seen that ${how}`;
  if (service.protocol === 'udp') return undefined;
  if (!replies.some(({ ip }) => ip.tcp?.flags.syn)) return `no SYN-ACK was seen that ${how}`;
  if (!replies.some(({ ip }) => ip.tcp && ip.tcp.payload.length > 0)) return `no page was seen that ${how}`;
  return undefined;
};

import { z } from 'zod';
import type { Lab, RealServer } from '../lab/lab.ts';
import { serverOf } from '../traffic/answers.ts';
import {
  type IpSighting,
  isToClient,
  journeyEvidence,
  receivedBy,
  sentBy,
  transportOf,
} from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, scopeOptions } from './judge.ts';
import { requestProblem } from './request-problems.ts';

const options = z.strictObject(scopeOptions);

/**
 * Replies go back through the director, which puts the VIP in their place of origin: they leave the real server from its
 * own address and port, reach the director so, leave it from the VIP and the service's port, and reach the client so.
 * For services with `forward: nat`.
 *
 * Broken by a real server whose gateway is another machine than the director, and by forwarding that rewrites nothing.
 */
export const returnThroughDirector: Check<z.infer<typeof options>> = {
  name: 'return-through-director',
  summary: 'replies cross the director, which makes the VIP their source',
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) =>
    judgeBursts(context, scope, (burst) =>
      burst.service.forward === 'nat'
        ? judgeReturnThroughDirector(context.lab, burst, context.observation.sightings(burst))
        : skip(`${burst.service.name} forwards by ${burst.service.forward}, so its replies pass the director by`),
    ),
};

export const judgeReturnThroughDirector = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Outcome => {
  const failure = requestProblem(lab, burst, sightings, (request) => {
    const server = serverOf(burst, request);
    return server && returnProblem(lab, burst, sightings, request, server);
  });
  if (failure) return failure;
  const { director, vip, port, realServers } = burst.service;
  const rips = realServers.map((server) => `${server.address}:${server.port}`).join(', ');
  return pass(
    `replies to ${burst.requests.length} requests came from ${rips} through ${director}, and from ${vip}:${port} after it`,
    journeyEvidence(lab, burst, sightings, burst.requests[0] as Request),
  );
};

const returnProblem = (
  lab: Lab,
  { service, client }: Burst,
  sightings: readonly Sighting[],
  request: Request,
  server: RealServer,
): string | undefined => {
  const { director, vip, port } = service;
  const isReply = ({ ip }: IpSighting) => isToClient(ip, request);
  const own = `${server.address}:${server.port}`;
  const virtual = `${vip}:${port}`;
  const stations = [
    { replies: sentBy(lab, server.node, sightings), how: `left ${server.node}`, from: own },
    { replies: receivedBy(lab, director, sightings), how: `reached ${director}`, from: own },
    { replies: sentBy(lab, director, sightings), how: `left ${director}`, from: virtual },
    { replies: receivedBy(lab, client, sightings), how: `reached ${client}`, from: virtual },
  ];
  for (const { replies, how, from } of stations) {
    const seen = replies.filter(isReply);
    if (seen.length === 0) return `no reply was seen that ${how}`;
    const stranger = seen.find((sighting) => sourceOf(sighting) !== from);
    if (stranger) return `a reply ${how} with the source ${sourceOf(stranger)}, and not ${from}`;
  }
  return undefined;
};

const sourceOf = ({ ip }: IpSighting): string => `${ip.source}:${transportOf(ip)?.sourcePort}`;

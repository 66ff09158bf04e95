import { z } from 'zod';
import { innermost } from '../capture/packet.ts';
import { type Lab, linkOf, nodeOf, type Service } from '../lab/lab.ts';
import { nextHops } from '../lab/way.ts';
import { answerEvidence, answererOf, summarizeUnanswered } from '../traffic/answers.ts';
import {
  type IpSighting,
  isFromClient,
  isToClient,
  journeyEvidence,
  ownerOfMac,
  sentBy,
} from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { stepsOf } from '../traffic/tiers.ts';
import { type Evidence, fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, scopeOptions } from './judge.ts';
import { unansweredJourney } from './request-problems.ts';

const options = z.strictObject(scopeOptions);

/**
 * Requests and replies take the way that the lab file's links, gateways and routes lay out, hop by hop: from the client
 * to the director, from there to the real server that answers (through the directors of further tiers), and from it to the
 * client. No packet takes another.
 *
 * Broken by another gateway or route on any machine of the way, and by ICMP redirects that a machine believes.
 */
export const route: Check<z.infer<typeof options>> = {
  name: 'route',
  summary: 'requests and replies take the way that gateways and routes lay out',
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) =>
    judgeBursts(context, scope, (burst) => judgeRoute(context.lab, burst, context.observation.sightings(burst))),
};

export const judgeRoute = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Outcome => {
  const ways = new Map<string, Ways>();
  for (const request of burst.requests) {
    const answerer = answererOf(burst, request);
    if (answerer === undefined) continue;
    const expected = ways.get(answerer) ?? waysOf(lab, burst, request, answerer);
    ways.set(answerer, expected);
    const problem =
      strayHop(lab, sightings, request, 'request', isFromClient, expected.request) ??
      strayHop(lab, sightings, request, 'reply', isToClient, expected.reply);
    if (problem) {
      return fail(
        `request ${request.number}: ${problem}`,
        waysEvidence(ways),
        journeyEvidence(lab, burst, sightings, request),
      );
    }
  }
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst), ...unansweredJourney(lab, burst, sightings));
  const replies = [...ways.values()].map(({ reply }) => reply.join(' → '));
  return pass(`replies came by ${replies.join(' and ')}`, waysEvidence(ways));
};

/** The nodes on the ways between a client and a real server, both included. */
interface Ways {
  readonly request: readonly string[];
  readonly reply: readonly string[];
}

const waysOf = (lab: Lab, burst: Burst, request: Request, answerer: string): Ways => {
  const { client, service } = burst;
  const onwards = stepsOf(lab, burst, request).flatMap(({ service: { director }, server }) => [
    ...nextHops(lab, director, server.address),
    server.node,
  ]);
  return {
    request: [client, ...toVip(lab, client, service), service.director, ...onwards],
    reply: [answerer, ...nextHops(lab, answerer, request.address ?? ''), client],
  };
};

/** A VIP is where its director is; clients may know it by an address that a router on the way translates. */
const toVip = (lab: Lab, client: string, { director, segment, public: translated }: Service): string[] => {
  const address = linkOf(nodeOf(lab, director), segment)?.address ?? '';
  if (!translated) return nextHops(lab, client, address);
  const { node } = translated;
  return [...nextHops(lab, client, translated.address), node, ...nextHops(lab, node, address)];
};

/**
 * The first packet that left a node for another than the way has after it, and the first hop of the way that none took. A
 * node may be on the way twice: a router between client and director, and between director and real server.
 */
const strayHop = (
  lab: Lab,
  sightings: readonly Sighting[],
  request: Request,
  what: string,
  isOwn: typeof isFromClient,
  way: readonly string[],
): string | undefined => {
  for (const { name } of lab.nodes) {
    const next = way.slice(1).filter((_, index) => way[index] === name);
    const sent = sentBy(lab, name, sightings).filter(({ ip }) => isOwn(innermost(ip), request));
    const receivers = new Set(sent.map((sighting) => receiverOf(lab, sighting)));
    const stray = [...receivers].find((receiver) => !next.includes(receiver));
    if (stray !== undefined) {
      const right = next.length > 0 ? `and not to ${next.join(' or ')}` : `which is not on the way ${way.join(' → ')}`;
      return `${name} sent a ${what} to ${stray}, ${right}`;
    }
    const unseen = next.find((receiver) => !receivers.has(receiver));
    if (unseen !== undefined) return `${name} was not seen to send a ${what} to ${unseen}`;
  }
  return undefined;
};

const receiverOf = (lab: Lab, { packet }: IpSighting): string => {
  const mac = packet.ethernet?.destination ?? '';
  return ownerOfMac(lab, mac)?.node ?? mac;
};

const waysEvidence = (ways: ReadonlyMap<string, Ways>): Evidence => ({
  title: 'ways by links, gateways and routes',
  columns: ['real server', 'requests', 'replies'],
  rows: [...ways].map(([node, { request, reply }]) => [node, request.join(' → '), reply.join(' → ')]),
});

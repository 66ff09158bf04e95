import { z } from 'zod';
import type { LabAccess } from '../guest/access.ts';
import type { RealServer, Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import type { Burst } from '../traffic/observation.ts';
import { clientsIn, pairsIn, requestedIn, type Scope, servicesIn } from '../traffic/scope.ts';
import { tiersOf } from '../traffic/tiers.ts';
import { type Outcome, type Status, skip } from '../verdicts/verdict.ts';
import type { CheckContext } from './check.ts';

const names = z.array(z.string()).min(1).optional();

/** The options that every check has. */
export const scopeOptions = {
  services: names.describe('Only these services; all if not given.'),
  clients: names.describe('Only from these clients; from all if not given.'),
};

/** A number of requests that a lab file may ask for: more would be a load test, not a check. */
export const requestCount = z.int().min(1).max(10_000);

/** Judges every burst in scope by itself and makes one outcome of them: as bad as the worst, with all the evidence. */
export const judgeBursts = (
  { lab, observation }: CheckContext,
  scope: Scope,
  judge: (burst: Burst) => Outcome,
): Outcome => {
  const services = requestedIn(lab, scope);
  const clients = clientsIn(lab, scope);
  const bursts = observation
    .bursts()
    .filter(({ client, service }) => services.includes(service) && clients.includes(client));
  return combine(bursts.map((burst) => ({ of: `${burst.service.name} from ${burst.client}`, ...judge(burst) })));
};

/**
 * The same for what each director decides by itself: every burst in scope, and what each further tier got of it.
 * @param judge is given the requests of one tier, and the burst that they are of, whose packets were captured.
 */
export const judgeTiers = (
  context: CheckContext,
  scope: Scope,
  judge: (tier: Burst, burst: Burst) => Outcome,
): Outcome => {
  const services = servicesIn(context.lab, scope).map(({ name }) => name);
  const clients = clientsIn(context.lab, scope);
  const parts = context.observation
    .bursts()
    .filter(({ client }) => clients.includes(client))
    .flatMap((burst) => tiersOf(context.lab, burst).map((tier) => ({ tier, burst })))
    .filter(({ tier }) => services.includes(tier.service.name))
    .map(({ tier, burst }) => {
      const { name, director, upstream } = tier.service;
      const isUnused = upstream !== undefined && tier.requests.length === 0;
      const outcome = isUnused ? skip(`no request was answered through ${director}`) : judge(tier, burst);
      return { of: `${name} from ${burst.client}`, ...outcome };
    });
  return combine(parts);
};

/** Judges every client and service in scope by itself, one after the other, and makes one outcome of them. */
export const judgePairs = async (
  context: Pick<LabAccess, 'lab'>,
  scope: Scope,
  judge: (client: string, service: Service) => Promise<Outcome>,
): Promise<Outcome> => {
  const parts = [];
  for (const { client, service } of pairsIn(context, scope)) {
    parts.push({ of: `${service.name} from ${client}`, ...(await judge(client, service)) });
  }
  return combine(parts);
};

/**
 * The real server of a service that a check's option names; its first where none is named.
 * @param tried what it is wanted for; it completes "cannot …"
 * @throws LabError when the service has no such real server.
 */
export const realServerOf = (service: Service, wanted: string | undefined, tried: string): RealServer => {
  const server = service.realServers.find(({ node }) => wanted === undefined || node === wanted);
  if (server) return server;
  throw new LabError({ tried, happened: `it is no real server of ${service.name}` });
};

const WORST_FIRST: readonly Status[] = ['error', 'fail', 'pass', 'skip'];

/** One outcome of several, each `of` its own part of the lab. */
export const combine = (parts: readonly (Outcome & { of: string })[]): Outcome => {
  const [only, ...others] = parts;
  if (!only) return skip('the lab has no client that requests a service');
  if (others.length === 0) return { status: only.status, summary: only.summary, evidence: only.evidence };
  const status = WORST_FIRST.find((candidate) => parts.some((part) => part.status === candidate)) ?? 'skip';
  const worst = parts.filter((part) => part.status === status);
  return {
    status,
    summary: worst.map(({ of, summary }) => `${of}: ${summary}`).join('; '),
    evidence: parts.flatMap(({ of, evidence }) => evidence.map((each) => ({ ...each, title: `${of}: ${each.title}` }))),
  };
};

import type { DraftService } from './draft.ts';
import { SERVICE_DEFAULTS } from './schema.ts';
import type { Survey } from './survey.ts';

/**
 * The service of the tier before, whose requests a service balances on: the same VIP, port and protocol, and its director
 * is a real server there. Firewall marks are a director's own, and lead to no next tier.
 */
export const upstreamOf = ({ draft }: Pick<Survey, 'draft'>, service: DraftService): DraftService | undefined =>
  [...draft.services.values()].find(
    (other) =>
      other !== service &&
      isSameSocket(other, service) &&
      other.director !== service.director &&
      other.realServers.some(({ name }) => name === service.director),
  );

/** The service of the next tier that a real server of a service directs, if it does. */
export const nextTierOf = (
  { draft }: Pick<Survey, 'draft'>,
  service: DraftService,
  server: string,
): DraftService | undefined =>
  [...draft.services.values()].find(
    (other) => other.director === server && upstreamOf({ draft }, other)?.name === service.name,
  );

/** The service that clients request, by whose tiers a service gets its requests: itself where it is that. */
export const firstTierOf = (survey: Pick<Survey, 'draft'>, service: DraftService): DraftService => {
  const seen = new Set<DraftService>();
  let first = service;
  for (let before = upstreamOf(survey, first); before && !seen.has(before); before = upstreamOf(survey, first)) {
    seen.add(before);
    first = before;
  }
  return first;
};

const isSameSocket = (one: DraftService, other: DraftService): boolean =>
  one.vip !== undefined &&
  one.vip === other.vip &&
  one.port === other.port &&
  (one.protocol ?? SERVICE_DEFAULTS.protocol) === (other.protocol ?? SERVICE_DEFAULTS.protocol) &&
  one.fwmark === undefined &&
  other.fwmark === undefined;

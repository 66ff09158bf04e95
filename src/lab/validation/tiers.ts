import type { DraftService } from '../draft.ts';
import { showName } from '../show.ts';
import type { Survey } from '../survey.ts';
import { nextTierOf, upstreamOf } from '../tiers.ts';

/** Where a director is a real server of another one: what both do has to leave the VIP in the packet, and the way known. */
export const validateTiers = (survey: Survey): void => {
  for (const service of survey.draft.services.values()) {
    const upstream = upstreamOf(survey, service);
    if (!upstream) continue;
    if (isInCircle(survey, service)) validateCircle(survey, service, upstream);
    else validateTier(survey, service, upstream);
  }
  validateAnswers(survey);
};

const validateTier = ({ report }: Survey, service: DraftService, upstream: DraftService): void => {
  const { name, director = '', forward } = service;
  const tiers = `${showName(director)} is a real server of ${showName(upstream.name)}, and the director of ${showName(name)}`;
  if (upstream.forward === 'nat')
    report(['services', upstream.name, 'forward'], {
      message: `${tiers}: nat puts an address of ${showName(director)} in the place of the VIP, which it then cannot balance on`,
      expected: 'tun or dr, which leave the VIP in the packet',
    });
  if (forward === 'nat')
    report(['services', name, 'forward'], {
      message: `${tiers}: what comes through another director cannot go on by nat here`,
      expected: 'tun or dr',
    });
  if (service.protocol === 'udp')
    report(['services', name, 'protocol'], {
      message: `${tiers}: only services of tcp have several tiers here`,
      expected: 'protocol: tcp, or no service behind another',
    });
  if (upstream.healthCheck)
    report(['services', upstream.name, 'health-check'], {
      message: `${tiers}: a health check connects to its own address, where nothing serves`,
      expected: `no health-check, or one for ${showName(name)}`,
    });
};

const isInCircle = (survey: Survey, service: DraftService): boolean => {
  const seen = new Set<DraftService>();
  let before = upstreamOf(survey, service);
  while (before && before !== service && !seen.has(before)) {
    seen.add(before);
    before = upstreamOf(survey, before);
  }
  return before === service;
};

const validateCircle = ({ report }: Survey, { name, director = '' }: DraftService, upstream: DraftService): void =>
  report(['services', name, 'director'], {
    message: `the tiers run in a circle: ${showName(director)} gets its requests from service ${showName(upstream.name)}, and passes them on to it`,
    expected: 'a first tier, whose director is no real server of the VIP',
  });

/** Which way a request took is told by who answered it. */
const validateAnswers = (survey: Survey): void => {
  const { draft, report } = survey;
  for (const service of draft.services.values()) {
    const upstream = upstreamOf(survey, service);
    if (!upstream) continue;
    const earlier = [...draft.services.values()].filter(
      (other) =>
        other === upstream || (isBefore(draft.services, other, service) && upstreamOf(survey, other) === upstream),
    );
    for (const server of service.realServers) {
      const other = earlier.find(({ realServers }) => realServers.some(({ name }) => name === server.name));
      if (other && !nextTierOf(survey, service, server.name))
        report(server.path, {
          message: `${showName(server.name)} is a real server of ${showName(other.name)} too, so that nobody could tell which way a request came to it`,
          expected: 'each real server behind one director of a VIP',
        });
    }
  }
};

const isBefore = (services: ReadonlyMap<string, DraftService>, one: DraftService, other: DraftService): boolean => {
  const names = [...services.keys()];
  return names.indexOf(one.name) < names.indexOf(other.name);
};

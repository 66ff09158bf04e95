import type { DraftReference, DraftService } from '../draft.ts';
import type { Routes } from '../routing.ts';
import { backendLink } from '../servers.ts';
import { showName } from '../show.ts';
import { directorsOf, type Survey } from '../survey.ts';
import { validateNodeName } from './services.ts';

/** Servers behind the real servers of a service, which pass paths on to them. */
export const validateLocations = (survey: Survey, routes: Routes): void => {
  for (const service of survey.draft.services.values()) {
    if (service.locations.length === 0) continue;
    if (service.protocol === 'udp' || service.webServer !== 'nginx')
      survey.report(
        ['services', service.name, 'locations'],
        { message: 'only nginx passes paths on', expected: 'web-server: nginx, or no locations' },
        'key',
      );
    for (const { location, servers } of service.locations) {
      const seen = new Set<string>();
      for (const server of servers) {
        if (seen.has(server.name))
          survey.report(server.path, {
            message: `${server.name} serves ${location} already`,
            expected: 'each node once',
          });
        else if (validateNodeName(survey, server)) validateBackend(survey, routes, service, server);
        seen.add(server.name);
      }
    }
  }
};

const validateBackend = (
  survey: Survey,
  routes: Routes,
  service: DraftService,
  { name, path }: DraftReference,
): void => {
  const takesPart = directorsOf(service).includes(name) || service.realServers.some((server) => server.name === name);
  if (takesPart) {
    survey.report(path, {
      message: `${name} takes part in balancing ${showName(service.name)}, and cannot be behind its real servers too`,
      expected: 'a node that serves nothing else of this service',
    });
    return;
  }
  for (const server of service.realServers) {
    const node = survey.draft.nodes.get(server.name);
    if (!node || survey.doubtful.has(name) || survey.doubtful.has(node.name)) continue;
    const link = backendLink(survey, routes, service, name);
    const there = link && routes(node.name, link.segment);
    const lost = node.links.map(({ segment }) => routes(name, segment));
    const why =
      there?.arrives === false
        ? there.why
        : lost.length > 0 && lost.every(({ arrives }) => arrives === false)
          ? lost.map((route) => (route.arrives === false ? route.why : ''))[0]
          : undefined;
    if (link && why === undefined) continue;
    survey.report(path, {
      message: `the real server ${node.name} and ${name} behind it do not reach each other${why ? `: ${why}` : ''}`,
      expected: `gateways that lead from ${node.name} to ${name}, and back`,
    });
    return;
  }
};

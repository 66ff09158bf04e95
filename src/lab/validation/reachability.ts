import { type Address, formatAddress } from '../addresses.ts';
import type { DraftNode, DraftReference, DraftService } from '../draft.ts';
import type { Message } from '../problem.ts';
import { createRoutes, forwarders, type Routes } from '../routing.ts';
import { segmentOf, serverLink } from '../servers.ts';
import { showName } from '../show.ts';
import { clientsOf, linkTo, nextHop, type Survey, translatorOf } from '../survey.ts';
import { firstTierOf, nextTierOf } from '../tiers.ts';

/** A packet's way round: client to VIP, director to real server, real server to client. */
export const validateReachability = (survey: Survey, routes: Routes = createRoutes(survey)): void => {
  const { draft } = survey;
  const clients = draft.clients.filter(({ name }) => draft.nodes.has(name));
  const lost = new Set<string>();
  for (const service of draft.services.values()) {
    const segment = segmentOf(survey, service);
    const director = draft.nodes.get(service.director ?? '');
    // Clients ask the director of the first tier, whichever tier is validated.
    const first = firstTierOf(survey, service);
    if (segment === undefined || !director || !linkTo(draft.nodes.get(first.director ?? ''), segment)) continue;
    const parts = new Set(
      [first, service].flatMap((tier) => [tier.director, ...tier.realServers.map(({ name }) => name)]),
    );
    const own = new Set(clientsOf(survey, first).map(({ name }) => name));
    const outside = clients.filter(({ name }) => own.has(name) && !parts.has(name));
    const entry = entryOf(survey, service) ?? segment;
    for (const client of outside)
      if (!lost.has(client.name) && !validateRequest(survey, routes, service, entry, client)) lost.add(client.name);
    const sources = sourcesOf(survey, routes, entry, outside);
    for (const server of service.realServers) {
      const node = draft.nodes.get(server.name);
      if (node && node !== director) validateServer({ survey, routes, service, director, sources }, server, node);
    }
  }
};

/** The segment of the address that clients request, where a router translates it to the VIP. */
const entryOf = (survey: Survey, service: DraftService): string | undefined => {
  const translator = translatorOf(survey, service);
  const links = survey.draft.nodes.get(translator?.node ?? '')?.links ?? [];
  return links.find(({ address }) => address !== undefined && formatAddress(address) === translator?.address)?.segment;
};

/** Whether the client's requests get to the segment of the VIP; a problem when they do not. */
const validateRequest = (
  { report }: Survey,
  routes: Routes,
  service: DraftService,
  segment: string,
  client: DraftReference,
): boolean => {
  const route = routes(client.name, segment);
  if (route.arrives === false)
    report(client.path, {
      message: `client ${client.name} cannot reach the VIP ${formatAddress(service.vip as Address)} of service ${showName(service.name)}: ${route.why}`,
      expected: `gateways that lead from ${client.name} to segment ${segment}`,
    });
  return route.arrives !== false;
};

/** The segments that requests come from, each with the first client that sends from it. */
const sourcesOf = (
  survey: Survey,
  routes: Routes,
  segment: string,
  clients: readonly DraftReference[],
): Map<string, string> => {
  const { draft } = survey;
  const sources = new Map<string, string>();
  for (const { name } of clients) {
    if (routes(name, segment).arrives !== true) continue;
    const source = linkTo(draft.nodes.get(name), segment) ? segment : nextHop(survey, name, segment)?.segment;
    if (source !== undefined && !sources.has(source)) sources.set(source, name);
  }
  return sources;
};

interface Balanced {
  readonly survey: Survey;
  readonly routes: Routes;
  readonly service: DraftService;
  readonly director: DraftNode;
  readonly sources: ReadonlyMap<string, string>;
}

const validateServer = (balanced: Balanced, server: DraftReference, node: DraftNode): void => {
  const { survey, routes, service, director } = balanced;
  const isDoubtful = survey.doubtful.has(node.name) || survey.doubtful.has(director.name);
  const isNear = node.links.some(({ segment }) => linkTo(director, segment));
  if (service.forward === 'dr' && !isNear) {
    if (!isDoubtful) survey.report(server.path, dr(node.name, director));
    return;
  }
  if (!isNear && !serverLink(survey, routes, service, node)) {
    const ways = node.links.map(({ segment }) => routes(director.name, segment));
    const [first] = ways;
    if (first?.arrives === false && ways.every(({ arrives }) => arrives === false) && !survey.doubtful.has(node.name))
      survey.report(server.path, {
        message: `the director ${director.name} cannot reach the real server ${node.name}: ${first.why}`,
        expected: `gateways that lead from ${director.name} to ${node.name}`,
      });
    return;
  }
  // The director of a next tier passes requests on, and answers none.
  if (!nextTierOf(survey, service, server.name)) validateReplies(balanced, node);
};

const dr = (server: string, director: DraftNode) => ({
  message: `${server} is on no segment of ${director.name}: dr rewrites nothing but the MAC address, so the frame must get from the director to the real server in one hop, without a router between`,
  expected: `a node on ${director.links.map(({ segment }) => segment).join(' or ')}, or forward: tun, which goes through routers`,
});

const validateReplies = (balanced: Balanced, node: DraftNode): void => {
  const { survey, sources } = balanced;
  if (survey.doubtful.has(node.name)) return;
  for (const [segment, client] of sources) {
    const wrong = whyRepliesFail(balanced, node, segment, client);
    if (!wrong) continue;
    const said = `the replies of ${node.name} for service ${showName(balanced.service.name)}`;
    const path = ['nodes', node.name, ...(survey.gateways.has(node.name) ? ['gateway'] : [])];
    // One is enough: with its gateway mended, the others mostly are.
    survey.report(path, { ...wrong, message: `${said} ${wrong.message}` });
    return;
  }
};

const whyRepliesFail = (
  { survey, routes, service, director }: Balanced,
  node: DraftNode,
  segment: string,
  client: string,
): Message | undefined => {
  const route = routes(node.name, segment);
  const isNat = service.forward === 'nat';
  const why = 'nat needs the director on the way back, to make the VIP their source again';
  if (route.arrives === 'unknown') return undefined;
  if (!route.arrives)
    return {
      message: `cannot reach client ${client}: ${route.why}`,
      expected:
        isNat && survey.gateways.get(node.name)?.node !== director.name
          ? `gateway: ${director.name}`
          : `gateways that lead from ${node.name} to segment ${segment}`,
    };
  const translator = translatorOf(survey, service)?.node;
  if (translator !== undefined && !forwarders(routes, node.name, segment).includes(translator))
    return {
      message: `bypass ${translator}, which has to make the public address their source again`,
      expected: `gateway: ${translator}`,
    };
  if (!isNat || forwarders(routes, node.name, segment).includes(director.name)) return undefined;
  return linkTo(node, segment)
    ? {
        message: `go straight to client ${client}, which is in segment ${segment} too, and bypass ${director.name}: ${why}`,
        expected: 'real servers in a segment that no client is on',
      }
    : { message: `bypass ${director.name}: ${why}`, expected: `gateway: ${director.name}` };
};

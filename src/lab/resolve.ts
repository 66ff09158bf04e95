import { formatAddress, formatPrefix, lengthOf } from './addresses.ts';
import type { Draft, DraftCheck, DraftNode, DraftSabotage, DraftService, DraftVrrpInstance } from './draft.ts';
import type { Lab, Link, Node, NodeCommand, RealServer, Role, Sabotage, Service, VrrpInstance } from './lab.ts';
import { DEFAULT_MEMORY } from './limits.ts';
import type { Routes } from './routing.ts';
import { nodeSettings, serviceSettings } from './schema.ts';
import { backendLink, segmentOf, serverLink } from './servers.ts';
import { settle } from './settings.ts';
import { clientsOf, directorsOf, linkTo, type Survey, translatorOf } from './survey.ts';
import { nextTierOf, upstreamOf } from './tiers.ts';
import { REAPPLY } from './words.ts';

/** The lab of a draft that validation found no fault with: every default filled in and every role derived, frozen all through. */
export const resolve = (
  survey: Survey,
  routes: Routes,
  options: ReadonlyMap<DraftCheck, Readonly<Record<string, unknown>>>,
): Lab => {
  const { draft } = survey;
  const segmentIndex = new Map([...draft.segments.keys()].map((name, index) => [name, index + 1]));
  const linksOf = (node: DraftNode, index: number): Link[] =>
    node.links.map(({ segment, address }) => ({
      segment,
      address: formatAddress(given(address)),
      prefixLength: lengthOf(given(draft.segments.get(segment)?.prefix)),
      mac: macOf(given(segmentIndex.get(segment)), index),
    }));
  const roles = rolesOf(survey);
  const nodes = [...draft.nodes.values()].map((node, position): Node => {
    const gateway = survey.gateways.get(node.name);
    return {
      name: node.name,
      index: position + 1,
      roles: roles(node.name),
      links: linksOf(node, position + 1),
      ...(gateway && { gateway }),
      routes: [...(survey.routes.get(node.name) ?? [])].map(([to, hop]) => ({
        to,
        prefix: formatPrefix(given(draft.segments.get(to)?.prefix)),
        ...hop,
      })),
      sysctl: node.sysctl,
      iptables: node.iptables,
      staticNat: node.staticNat.map((entry) => ({ public: entry.public, private: formatAddress(entry.private) })),
      forwarding: survey.forwards(node.name),
      memory: node.memory ?? DEFAULT_MEMORY,
      ...settle(nodeSettings, node),
    };
  });

  return freeze({
    name: given(draft.name),
    summary: draft.summary ?? '',
    ...(draft.image !== undefined && { image: draft.image }),
    ...(draft.provider !== undefined && { provider: draft.provider }),
    segments: [...draft.segments.values()].map(({ name, prefix }, position) => ({
      name,
      prefix: formatPrefix(given(prefix)),
      index: position + 1,
    })),
    nodes,
    clients: draft.clients.map(({ name }) => name),
    services: [...draft.services.values()].map((service) => resolveService(survey, routes, service)),
    checks: draft.checks.map((check) => ({ name: check.name, options: options.get(check) ?? check.options })),
    sabotages: draft.sabotages.map(resolveSabotage),
  });
};

const resolveService = (survey: Survey, routes: Routes, service: DraftService): Service => {
  const settings = settle(serviceSettings, service);
  const translator = translatorOf(survey, service);
  const upstream = upstreamOf(survey, service)?.name;
  return {
    name: service.name,
    vip: formatAddress(given(service.vip)),
    ...settings,
    schedulerFlags: service.schedFlags ?? [],
    ...(upstream !== undefined && { upstream }),
    ...(service.vrrpInstance && { vrrp: resolveVrrp(survey, service, service.vrrpInstance) }),
    segment: given(segmentOf(survey, service)),
    realServers: service.realServers.map((server): RealServer => {
      const node = given(survey.draft.nodes.get(server.name));
      const nextTier = nextTierOf(survey, service, server.name);
      return {
        node: server.name,
        address: formatAddress(given(serverLink(survey, routes, service, node)).address),
        port: server.port ?? settings.port,
        weight: server.weight ?? 1,
        ...(nextTier && { answeredBy: answerersOf(survey, nextTier) }),
      };
    }),
    clients: upstream === undefined ? clientsOf(survey, service).map(({ name }) => name) : [],
    ...(service.fwmark !== undefined && {
      fwmark: {
        mark: service.fwmark,
        sources: service.sources.map(({ name }) => formatPrefix(given(survey.draft.segments.get(name)?.prefix))),
        ...(service.string !== undefined && { string: service.string }),
      },
    }),
    locations: service.locations.map(({ location, servers }) => ({
      path: location,
      servers: servers.map(({ name }) => ({
        node: name,
        address: formatAddress(given(backendLink(survey, routes, service, name)).address),
      })),
    })),
    ...(translator && { public: translator }),
  };
};

const answerersOf = (survey: Survey, service: DraftService): string[] =>
  service.realServers.flatMap(({ name }) => {
    const nextTier = nextTierOf(survey, service, name);
    return nextTier ? answerersOf(survey, nextTier) : [name];
  });

const resolveVrrp = (survey: Survey, service: DraftService, instance: DraftVrrpInstance): VrrpInstance => {
  const segment = given(segmentOf(survey, service));
  return {
    ...instance,
    directors: instance.directors
      .map(({ name, priority }) => ({
        node: name,
        address: formatAddress(given(linkTo(survey.draft.nodes.get(name), segment)?.address)),
        priority,
      }))
      .sort((one, other) => other.priority - one.priority),
  };
};

const resolveSabotage = (sabotage: DraftSabotage): Sabotage => {
  const broken = sabotage.break.map(({ name, command }): NodeCommand => ({ node: name, command }));
  const nodes = [...new Set(broken.map(({ node }) => node))];
  return {
    name: sabotage.name,
    summary: given(sabotage.summary),
    break: broken,
    red: sabotage.red.map(({ name }) => name),
    undo:
      sabotage.undo?.map(({ name, command }) => ({ node: name, command })) ??
      nodes.map((node) => ({ node, command: REAPPLY })),
  };
};

const rolesOf = ({ draft, forwards }: Survey): ((node: string) => Role[]) => {
  const services = [...draft.services.values()];
  const members: readonly [Role, { has(node: string): boolean }][] = [
    ['client', new Set(namesOf(draft))],
    ['router', { has: forwards }],
    ['director', new Set(services.flatMap(directorsOf))],
    ['real-server', new Set(services.flatMap(({ realServers }) => realServers.map(({ name }) => name)))],
  ];
  return (node) => members.filter(([, names]) => names.has(node)).map(([role]) => role);
};

const namesOf = ({ clients }: Draft): string[] => clients.map(({ name }) => name);

const hex = (number: number): string => number.toString(16).padStart(2, '0');

/** In QEMU's range of locally administered addresses. */
const macOf = (segment: number, node: number): string =>
  ['52:54:00', hex(segment), hex(node >> 8), hex(node & 255)].join(':');

/** Validation sees to it that everything required is there. */
const given = <T>(value: T | undefined): T => {
  if (value === undefined) throw new TypeError('a lab without problems lacks a required value');
  return value;
};

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
};

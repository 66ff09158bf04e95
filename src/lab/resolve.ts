import { formatAddress, formatPrefix } from './addresses.ts';
import type { Draft, DraftCheck, DraftNode, DraftService } from './draft.ts';
import type { Lab, Link, Node, RealServer, Role, Service } from './lab.ts';
import { DEFAULT_MEMORY } from './limits.ts';
import type { Routes } from './routing.ts';
import type { Scene } from './scene.ts';
import { segmentOf, serverLink } from './servers.ts';

/** The lab of a draft that no rule found fault with: every default filled in and every role derived, frozen all through. */
export const resolve = (
  scene: Scene,
  routes: Routes,
  options: ReadonlyMap<DraftCheck, Readonly<Record<string, unknown>>>,
): Lab => {
  const { draft } = scene;
  const segmentIndex = new Map([...draft.segments.keys()].map((name, index) => [name, index + 1]));
  const linksOf = (node: DraftNode, index: number): Link[] =>
    node.links.map(({ segment, address }) => ({
      segment,
      address: formatAddress(given(address)),
      prefixLength: given(draft.segments.get(segment)?.prefix).length,
      mac: macOf(given(segmentIndex.get(segment)), index),
    }));
  const roles = rolesOf(scene);
  const nodes = [...draft.nodes.values()].map((node, position): Node => {
    const gateway = scene.gateways.get(node.name);
    return {
      name: node.name,
      index: position + 1,
      roles: roles(node.name),
      links: linksOf(node, position + 1),
      ...(gateway && { gateway }),
      forwarding: scene.forwards(node.name),
      memory: node.memory ?? DEFAULT_MEMORY,
      cpus: node.cpus ?? 1,
    };
  });

  return freeze({
    name: given(draft.name),
    summary: draft.summary ?? '',
    ...(draft.image !== undefined && { image: draft.image }),
    segments: [...draft.segments.values()].map(({ name, prefix }, position) => ({
      name,
      prefix: formatPrefix(given(prefix)),
      index: position + 1,
    })),
    nodes,
    clients: draft.clients.map(({ name }) => name),
    services: [...draft.services.values()].map((service) => resolveService(scene, routes, service)),
    checks: draft.checks.map((check) => ({ name: check.name, options: options.get(check) ?? check.options })),
  });
};

const resolveService = (scene: Scene, routes: Routes, service: DraftService): Service => {
  const port = given(service.port);
  return {
    name: service.name,
    vip: formatAddress(given(service.vip)),
    port,
    protocol: 'tcp',
    scheduler: service.scheduler ?? 'wlc',
    forward: given(service.forward),
    director: given(service.director),
    segment: given(segmentOf(scene, service)),
    realServers: service.realServers.map((server): RealServer => {
      const node = given(scene.draft.nodes.get(server.name));
      return {
        node: server.name,
        address: formatAddress(given(serverLink(scene, routes, service, node)).address),
        port: server.port ?? port,
        weight: server.weight ?? 1,
      };
    }),
  };
};

const rolesOf = ({ draft, forwards }: Scene): ((node: string) => Role[]) => {
  const services = [...draft.services.values()];
  const members: readonly [Role, { has(node: string): boolean }][] = [
    ['client', new Set(namesOf(draft))],
    ['router', { has: forwards }],
    ['director', new Set(services.map(({ director }) => given(director)))],
    ['real-server', new Set(services.flatMap(({ realServers }) => realServers.map(({ name }) => name)))],
  ];
  return (node) => members.filter(([, names]) => names.has(node)).map(([role]) => role);
};

const namesOf = ({ clients }: Draft): string[] => clients.map(({ name }) => name);

const hex = (number: number): string => number.toString(16).padStart(2, '0');

/** In QEMU's range of locally administered addresses. */
const macOf = (segment: number, node: number): string =>
  ['52:54:00', hex(segment), hex(node >> 8), hex(node & 255)].join(':');

/** The rules see to it that everything required is there. */
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

import type { z } from 'zod';
import { type Address, type Prefix, parseAddress, parsePrefix } from './addresses.ts';
import type { ForwardingMethod, Scheduler } from './lab.ts';
import type { Path } from './path.ts';
import {
  addressSchema,
  labSchema,
  memoryOf,
  nodeSchema,
  portSchema,
  prefixSchema,
  serviceSchema,
  weightSchema,
} from './schema.ts';

/**
 * What a lab file says, as far as its parts are well-formed; the rules that judge the parts against each other work on
 * it. A part that is not well-formed is absent here and has its diagnostic already.
 */
export interface Draft {
  readonly name?: string | undefined;
  readonly summary?: string | undefined;
  readonly image?: string | undefined;
  readonly segments: ReadonlyMap<string, DraftSegment>;
  readonly nodes: ReadonlyMap<string, DraftNode>;
  readonly clients: readonly DraftReference[];
  /** Where the file names no client, well-formed or not: the key to blame. */
  readonly withoutClients?: 'clients' | 'services' | undefined;
  readonly services: ReadonlyMap<string, DraftService>;
  readonly checks: readonly DraftCheck[];
  /** Whether the file's own keys are all known, so that one it lacks is not merely misspelt. */
  readonly whole: boolean;
}

export interface DraftReference {
  readonly name: string;
  readonly path: Path;
}

export interface DraftSegment {
  readonly name: string;
  readonly prefix?: Prefix | undefined;
}

export interface DraftNode {
  readonly name: string;
  readonly links: readonly DraftLink[];
  readonly gateway?: string | undefined;
  readonly forwarding?: boolean | undefined;
  readonly memory?: number | undefined;
  readonly cpus?: number | undefined;
  /** Whether every part of it is well-formed. */
  readonly whole: boolean;
}

export interface DraftLink {
  readonly segment: string;
  readonly address?: Address | undefined;
}

export interface DraftService {
  readonly name: string;
  readonly vip?: Address | undefined;
  readonly port?: number | undefined;
  readonly scheduler?: Scheduler | undefined;
  readonly forward?: ForwardingMethod | undefined;
  readonly director?: string | undefined;
  readonly realServers: readonly DraftRealServer[];
}

export interface DraftRealServer extends DraftReference {
  readonly weight?: number | undefined;
  readonly port?: number | undefined;
}

export interface DraftCheck extends DraftReference {
  readonly options: Readonly<Record<string, unknown>>;
}

/** The draft of a file's value, whatever that is. */
export const draftOf = (value: unknown): Draft => {
  const file = mapOf(value);
  const shape = labSchema.shape;
  return {
    name: sound(shape.name, file.name),
    summary: sound(shape.summary, file.summary),
    image: sound(shape.image, file.image),
    segments: named(file.segments, segmentOf),
    nodes: named(file.nodes, nodeOf),
    clients: referencesOf(file.clients, ['clients']),
    withoutClients:
      file.clients === undefined
        ? 'services'
        : Array.isArray(file.clients) && file.clients.length === 0
          ? 'clients'
          : undefined,
    services: named(file.services, serviceOf),
    checks: Array.isArray(file.checks) ? file.checks.flatMap(checkOf) : [],
    whole: Object.keys(file).every((key) => Object.hasOwn(shape, key)),
  };
};

const sound = <T>(schema: z.ZodType<T>, value: unknown): T | undefined => schema.safeParse(value).data;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapOf = (value: unknown): Readonly<Record<string, unknown>> => (isMap(value) ? value : {});

const named = <T>(value: unknown, make: (name: string, value: unknown) => T): Map<string, T> =>
  new Map(Object.entries(mapOf(value)).map(([name, entry]) => [name, make(name, entry)]));

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const segmentOf = (name: string, value: unknown): DraftSegment => {
  const text = sound(prefixSchema, value);
  return { name, prefix: text === undefined ? undefined : parsePrefix(text) };
};

const addressOf = (value: unknown): Address | undefined => {
  const text = sound(addressSchema, value);
  return text === undefined ? undefined : parseAddress(text);
};

const nodeOf = (name: string, value: unknown): DraftNode => {
  const node = mapOf(value);
  const links = Object.entries(mapOf(node.links)).map(([segment, address]) => ({
    segment,
    address: addressOf(address),
  }));
  return {
    name,
    links,
    gateway: textOf(node.gateway),
    forwarding: sound(nodeSchema.shape.forwarding, node.forwarding),
    memory: memoryOf(node.memory),
    cpus: sound(nodeSchema.shape.cpus, node.cpus),
    whole: nodeSchema.safeParse(value).success,
  };
};

const serviceOf = (name: string, value: unknown): DraftService => {
  const service = mapOf(value);
  const shape = serviceSchema.shape;
  const path = ['services', name, 'real-servers'];
  return {
    name,
    vip: addressOf(service.vip),
    port: sound(portSchema, service.port),
    scheduler: sound(shape.scheduler, service.scheduler),
    forward: sound(shape.forward, service.forward),
    director: textOf(service.director),
    realServers: isMap(service['real-servers'])
      ? Object.entries(service['real-servers']).map(([node, entry]) => realServerOf(node, entry, [...path, node]))
      : referencesOf(service['real-servers'], path),
  };
};

const realServerOf = (name: string, value: unknown, path: Path): DraftRealServer => {
  const server = isMap(value) ? value : { weight: value };
  return { name, path, weight: sound(weightSchema, server.weight), port: sound(portSchema, server.port) };
};

const referencesOf = (value: unknown, path: Path): DraftReference[] =>
  Array.isArray(value)
    ? value.flatMap((name, index) => (typeof name === 'string' ? [{ name, path: [...path, index] }] : []))
    : [];

const checkOf = (value: unknown, index: number): DraftCheck[] => {
  const path = ['checks', index];
  if (typeof value === 'string') return [{ name: value, path, options: {} }];
  const [entry, another] = Object.entries(mapOf(value));
  if (!entry || another) return [];
  const [name, options] = entry;
  return isMap(options) || options === null ? [{ name, path: [...path, name], options: mapOf(options) }] : [];
};

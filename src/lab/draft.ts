import type { z } from 'zod';
import { type Address, type Prefix, parseAddress, parsePrefix } from './addresses.ts';
import type {
  ArpMeans,
  ForwardingMethod,
  HealthCheck,
  ProviderName,
  Scheduler,
  SchedulerFlag,
  TransportProtocol,
  TunnelType,
  WebServer,
} from './lab.ts';
import type { Path } from './path.ts';
import {
  addressSchema,
  healthCheckSchema,
  labSchema,
  memoryOf,
  nodeSchema,
  portSchema,
  prefixSchema,
  sabotageSchema,
  serviceSchema,
  vrrpInstanceSchema,
  weightSchema,
} from './schema.ts';

/**
 * What a lab file says, as far as its parts are well-formed; the validation of the parts against each other works on
 * it. A part that is not well-formed is absent here and has its diagnostic already.
 */
export interface Draft {
  readonly name?: string | undefined;
  readonly summary?: string | undefined;
  readonly image?: string | undefined;
  readonly provider?: ProviderName | undefined;
  readonly segments: ReadonlyMap<string, DraftSegment>;
  readonly nodes: ReadonlyMap<string, DraftNode>;
  readonly clients: readonly DraftReference[];
  /** Where the file names no client, well-formed or not: the key to blame. */
  readonly withoutClients?: 'clients' | 'services' | undefined;
  readonly services: ReadonlyMap<string, DraftService>;
  readonly checks: readonly DraftCheck[];
  readonly sabotages: readonly DraftSabotage[];
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
  /** What the file says of each route: the segment it leads to, and the node or address that forwards there. */
  readonly routes: readonly DraftRoute[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly iptables: readonly (readonly string[])[];
  readonly advmss?: number | undefined;
  readonly staticNat: readonly DraftStaticNat[];
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

export interface DraftRoute {
  readonly to: string;
  readonly via: string;
}

export interface DraftStaticNat {
  /** As the file has it. */
  readonly public: string;
  readonly private: Address;
}

export interface DraftService {
  readonly name: string;
  readonly vip?: Address | undefined;
  readonly port?: number | undefined;
  readonly protocol?: TransportProtocol | undefined;
  readonly scheduler?: Scheduler | undefined;
  readonly schedulerFlags: readonly { readonly flag: SchedulerFlag; readonly path: Path }[];
  readonly fwmark?: number | undefined;
  readonly sources: readonly DraftReference[];
  readonly string?: string | undefined;
  readonly locations: readonly DraftLocation[];
  readonly ops?: boolean | undefined;
  readonly tunType?: TunnelType | undefined;
  readonly healthCheck?: HealthCheck | undefined;
  /** Whether it has one, well-formed or not. */
  readonly withHealthCheck: boolean;
  readonly dynamicWeight?: { readonly interval: number } | undefined;
  readonly webServer?: WebServer | undefined;
  readonly arp?: ArpMeans | undefined;
  readonly forward?: ForwardingMethod | undefined;
  readonly director?: string | undefined;
  readonly vrrp?: DraftVrrpInstance | undefined;
  readonly realServers: readonly DraftRealServer[];
}

export interface DraftLocation {
  /** A path of URLs. */
  readonly location: string;
  readonly servers: readonly DraftReference[];
}

export interface DraftVrrpInstance {
  readonly virtualRouterId: number;
  /** In file order; the name is that of the node. */
  readonly directors: readonly (DraftReference & { readonly priority: number })[];
  readonly advertInt: number;
  readonly lvsSyncDaemon: boolean;
}

export interface DraftRealServer extends DraftReference {
  readonly weight?: number | undefined;
  readonly port?: number | undefined;
}

export interface DraftCheck extends DraftReference {
  readonly options: Readonly<Record<string, unknown>>;
}

export interface DraftSabotage {
  readonly name: string;
  readonly summary?: string | undefined;
  readonly break: readonly DraftCommand[];
  readonly red: readonly DraftReference[];
  /** Absent where the file leaves it to the nodes' own scripts. */
  readonly undo?: readonly DraftCommand[] | undefined;
}

/** The name is that of the node. */
export interface DraftCommand extends DraftReference {
  readonly command: string;
}

/** The draft of a file's value, whatever that is. */
export const draftOf = (value: unknown): Draft => {
  const file = mapOf(value);
  const shape = labSchema.shape;
  return {
    name: sound(shape.name, file.name),
    summary: sound(shape.summary, file.summary),
    image: sound(shape.image, file.image),
    provider: sound(shape.provider, file.provider),
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
    sabotages: [...named(file.sabotages, sabotageOf).values()],
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
    routes: Object.entries(mapOf(node.routes)).flatMap(([to, via]) => (typeof via === 'string' ? [{ to, via }] : [])),
    sysctl: Object.fromEntries(
      Object.entries(sound(nodeSchema.shape.sysctl, node.sysctl) ?? {}).map(([key, given]) => [key, String(given)]),
    ),
    iptables: (sound(nodeSchema.shape.iptables, node.iptables) ?? []).map((rule) => rule.split(' ')),
    advmss: sound(nodeSchema.shape.advmss, node.advmss),
    staticNat: Object.entries(mapOf(node['static-nat'])).flatMap(([text, to]) => {
      const address = addressOf(to);
      return address === undefined ? [] : [{ public: text, private: address }];
    }),
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
    protocol: sound(shape.protocol, service.protocol),
    scheduler: sound(shape.scheduler, service.scheduler),
    schedulerFlags: (sound(shape['sched-flags'], service['sched-flags']) ?? []).map((flag, index) => ({
      flag,
      path: ['services', name, 'sched-flags', index],
    })),
    fwmark: sound(shape.fwmark, service.fwmark),
    sources: referencesOf(service.sources, ['services', name, 'sources']),
    string: sound(shape.string, service.string),
    locations: Object.entries(sound(shape.locations, service.locations) ?? {}).map(([location, nodes]) => ({
      location,
      servers: referencesOf(nodes, ['services', name, 'locations', location]),
    })),
    ops: sound(shape.ops, service.ops),
    tunType: sound(shape['tun-type'], service['tun-type']),
    healthCheck: healthCheckOf(service['health-check']),
    withHealthCheck: service['health-check'] !== undefined,
    dynamicWeight: sound(shape['dynamic-weight'], service['dynamic-weight']),
    webServer: sound(shape['web-server'], service['web-server']),
    arp: sound(shape.arp, service.arp),
    forward: sound(shape.forward, service.forward),
    director: textOf(service.director),
    vrrp: vrrpOf(service['vrrp-instance'], ['services', name, 'vrrp-instance']),
    realServers: isMap(service['real-servers'])
      ? Object.entries(service['real-servers']).map(([node, entry]) => realServerOf(node, entry, [...path, node]))
      : referencesOf(service['real-servers'], path),
  };
};

const healthCheckOf = (value: unknown): HealthCheck | undefined => {
  const check = value === undefined ? undefined : sound(healthCheckSchema, value);
  return (
    check && {
      delayLoop: check['delay-loop'],
      connectTimeout: check['connect-timeout'],
      retry: check.retry,
      delayBeforeRetry: check['delay-before-retry'],
      ...(check['http-get'] && { httpGet: check['http-get'] }),
    }
  );
};

const vrrpOf = (value: unknown, path: Path): DraftVrrpInstance | undefined => {
  const instance = value === undefined ? undefined : sound(vrrpInstanceSchema, value);
  return (
    instance && {
      virtualRouterId: instance['virtual-router-id'],
      directors: Object.entries(instance.priority).map(([name, priority]) => ({
        name,
        priority,
        path: [...path, 'priority', name],
      })),
      advertInt: instance['advert-int'],
      lvsSyncDaemon: instance['lvs-sync-daemon'],
    }
  );
};

const realServerOf = (name: string, value: unknown, path: Path): DraftRealServer => {
  const server = isMap(value) ? value : { weight: value };
  return { name, path, weight: sound(weightSchema, server.weight), port: sound(portSchema, server.port) };
};

const referencesOf = (value: unknown, path: Path): DraftReference[] =>
  Array.isArray(value)
    ? value.flatMap((name, index) => (typeof name === 'string' ? [{ name, path: [...path, index] }] : []))
    : [];

const sabotageOf = (name: string, value: unknown): DraftSabotage => {
  const sabotage = mapOf(value);
  const path = ['sabotages', name];
  return {
    name,
    summary: sound(sabotageSchema.shape.summary, sabotage.summary),
    break: commandsOf(sabotage.break, [...path, 'break']),
    red: referencesOf(sabotage.red, [...path, 'red']),
    undo: sabotage.undo === undefined ? undefined : commandsOf(sabotage.undo, [...path, 'undo']),
  };
};

const commandsOf = (value: unknown, path: Path): DraftCommand[] =>
  Object.entries(mapOf(value)).flatMap(([name, commands]) =>
    [commands]
      .flat()
      .flatMap((command) => (typeof command === 'string' ? [{ name, path: [...path, name], command }] : [])),
  );

const checkOf = (value: unknown, index: number): DraftCheck[] => {
  const path = ['checks', index];
  if (typeof value === 'string') return [{ name: value, path, options: {} }];
  const [entry, another] = Object.entries(mapOf(value));
  if (!entry || another) return [];
  const [name, options] = entry;
  return isMap(options) || options === null ? [{ name, path: [...path, name], options: mapOf(options) }] : [];
};

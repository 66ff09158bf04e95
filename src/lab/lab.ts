import { type AddressFamily, familyOfText } from './addresses.ts';
import type { nodeSettings, serviceSettings, vrrpInstanceSchema } from './schema.ts';
import type { Settings } from './settings.ts';
import type { Spelt } from './spelling.ts';
import type { ProviderName, SchedulerFlag } from './words.ts';

export * from './words.ts';

/**
 * A lab: the whole of a lab file, checked and resolved. Every address, MAC, gateway and default is filled in, so that
 * every later step is a function of this value and nothing downstream reads YAML or guesses. Frozen all through.
 */
export interface Lab {
  readonly name: string;
  readonly summary: string;
  /** The guest image the file asks for, if it does (`debian12`). */
  readonly image?: string;
  /** What the file asks to be run on, if it does. */
  readonly provider?: ProviderName;
  readonly segments: readonly Segment[];
  readonly nodes: readonly Node[];
  /** Names of the nodes that request the services, in file order. */
  readonly clients: readonly string[];
  readonly services: readonly Service[];
  readonly checks: readonly CheckSpec[];
  /** Ways to break the lab that prove its checks, in file order. */
  readonly sabotages: readonly Sabotage[];
}

/** An isolated layer-2 network. */
export interface Segment {
  readonly name: string;
  /** CIDR of the network, host bits zero: `192.168.1.0/24`. */
  readonly prefix: string;
  /** Position in the file, from 1. */
  readonly index: number;
}

export type Role = 'client' | 'router' | 'director' | 'real-server';

/** One virtual machine. Its settings are the keys of the file, in camel case, with defaults. */
export interface Node extends Settings<typeof nodeSettings> {
  readonly name: string;
  /** Position in the file, from 1. */
  readonly index: number;
  /** Derived from clients, forwarding and services; never declared. In the order client, router, director, real-server. */
  readonly roles: readonly Role[];
  readonly links: readonly Link[];
  /** The default gateway: the neighbour's name, its address, and the segment shared with it. */
  readonly gateway?: { readonly node: string; readonly address: string; readonly segment: string };
  /** Routes beside the default one: the segment they lead to, and the neighbour that forwards there. */
  readonly routes: readonly Route[];
  /** Kernel parameters beside those that its roles need, by name. */
  readonly sysctl: Readonly<Record<string, string>>;
  /** Rules of the packet filter, as `iptables` takes them, each in its words. */
  readonly iptables: readonly (readonly string[])[];
  /** Addresses of its own that it translates to others, both ways: as `ip nat inside source static` does. */
  readonly staticNat: readonly StaticNat[];
  /** Whether it forwards packets between its links. */
  readonly forwarding: boolean;
  /** MiB. */
  readonly memory: number;
}

/** A route of a node to a segment that it is not on. */
export interface Route {
  /** Name of the segment it leads to. */
  readonly to: string;
  /** CIDR of that segment. */
  readonly prefix: string;
  /** The neighbour's name and address, and the segment shared with it. */
  readonly node: string;
  readonly address: string;
  readonly segment: string;
}

export interface StaticNat {
  /** The address that others know. */
  readonly public: string;
  /** The address behind it. */
  readonly private: string;
}

/** A NIC of a node on a segment. */
export interface Link {
  readonly segment: string;
  readonly address: string;
  readonly prefixLength: number;
  /** `52:54:00:SS:NN:NN`: segment index, node index; unique within the lab, lower case. */
  readonly mac: string;
}

/** Where real servers tell their load (`dynamic-weight`), over TCP. */
export const LOAD_PORT = 8001;
/** The weights of a real server whose load they follow, by its own: when it is busy, and when it is overloaded. */
export const weightsUnderLoad = (weight: number): { busy: number; overloaded: number } => ({
  busy: Math.ceil(weight / 2),
  overloaded: Math.ceil(weight / 10),
});

/** A virtual service of IPVS, in ipvsadm's terms. Its settings are the keys of the file, in camel case, with defaults. */
export interface Service extends Settings<typeof serviceSettings> {
  readonly name: string;
  readonly vip: string;
  readonly schedulerFlags: readonly SchedulerFlag[];
  /**
   * Of a second tier: the service with the same VIP that this one gets its requests from, since its director is a real
   * server there. No client requests it directly.
   */
  readonly upstream?: string;
  /** Where several directors share the VIP by VRRP. */
  readonly vrrp?: VrrpInstance;
  /** The segment whose prefix holds the VIP and on which the director (of the first tier) answers ARP for it. */
  readonly segment: string;
  readonly realServers: readonly RealServer[];
  /** Names of the lab's clients that request it. */
  readonly clients: readonly string[];
  /**
   * The firewall mark by which the director knows its packets, where that is not their destination alone; and the
   * prefixes of the segments whose packets get it.
   */
  readonly fwmark?: {
    readonly mark: number;
    readonly sources: readonly string[];
    /** What packets hold that get it, where that is what tells them. */
    readonly string?: string;
  };
  /** Paths that its real servers do not serve themselves, but pass on to a group of servers behind them. */
  readonly locations: readonly Location[];
  /** The address that clients know the VIP by, and the node that translates it, where one does. */
  readonly public?: { readonly address: string; readonly node: string };
}

/** A `location` of nginx with the servers of its `upstream`. */
export interface Location {
  /** With a slash at either end: `/video/`. */
  readonly path: string;
  readonly servers: readonly { readonly node: string; readonly address: string }[];
}

/** The address that clients request: the VIP, or the public one that is translated to it. */
export const requestedAddress = (service: Service): string => service.public?.address ?? service.vip;

/** The device that unwraps requests on a real server; undefined where they come as they are. */
export const tunnelDevice = ({ vip, forward, tunType }: Service): string | undefined => {
  if (forward !== 'tun') return undefined;
  if (familyOfText(vip) === 'IPv6') return 'ip6tnl0';
  return tunType === 'gre' ? 'gre0' : 'tunl0';
};

/** keepalived's `vrrp_instance`: one of its directors has the VIPs at a time, and the next takes over when it is gone. */
export interface VrrpInstance extends Omit<Spelt<typeof vrrpInstanceSchema>, 'priority'> {
  /** By falling priority, so that the first is the master: its address on the segment of the VIP. */
  readonly directors: readonly { readonly node: string; readonly address: string; readonly priority: number }[];
}

/** Names of the directors of a service, the one first that has the VIP as long as it is well. */
export const directorsOf = ({ director, vrrp }: Service): readonly string[] =>
  vrrp?.directors.map(({ node }) => node) ?? [director];

/** The firewall mark by which keepalived's own requests for the VIP get to one real server, where it makes such. */
export const probeMark = ({ healthCheck, realServers }: Service, server: RealServer): number | undefined =>
  healthCheck?.httpGet && healthCheck.httpGet.fwmark + realServers.findIndex(({ node }) => node === server.node);

export interface RealServer {
  readonly node: string;
  /** The RIP: the address the director sends to. */
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Where it is the director of a next tier: the nodes behind it, which answer in its place. */
  readonly answeredBy?: readonly string[];
}

/** The nodes that answer requests of a service: its real servers, or those behind them. */
export const answerersOf = ({ realServers }: Pick<Service, 'realServers'>): string[] =>
  realServers.flatMap(({ node, answeredBy }) => answeredBy ?? [node]);

/** The service that clients request, by whose tiers a service gets its requests: itself where it is that. */
export const firstTierOf = (lab: Lab, service: Service): Service => {
  const upstream = lab.services.find(({ name }) => name === service.upstream);
  return upstream ? firstTierOf(lab, upstream) : service;
};

/** A check the file asks for: its name and options, validated by the check itself (`src/checks/`). */
export interface CheckSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A way to break the lab, and the checks that must then fail: all others stay as they are. */
export interface Sabotage {
  readonly name: string;
  /** What is broken, in one line. */
  readonly summary: string;
  /** Command lines that break it, in order. */
  readonly break: readonly NodeCommand[];
  /** The checks that must turn red: a name, or `name/service` for those that look at that service. */
  readonly red: readonly string[];
  /** Command lines that mend it, in order. */
  readonly undo: readonly NodeCommand[];
}

/** A shell command line, and the node that root runs it on. */
export interface NodeCommand {
  readonly node: string;
  readonly command: string;
}

/** The node of that name. @throws RangeError when the lab has none: a resolved lab refers only to its own nodes. */
export const nodeOf = (lab: Lab, name: string): Node => {
  const node = lab.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new RangeError(`lab ${lab.name} has no node ${name}`);
  return node;
};

/** The segment of that name. @throws RangeError when the lab has none. */
export const segmentOf = (lab: Lab, name: string): Segment => {
  const segment = lab.segments.find((candidate) => candidate.name === name);
  if (!segment) throw new RangeError(`lab ${lab.name} has no segment ${name}`);
  return segment;
};

/** The node's link to that segment, if it has one. */
export const linkOf = (node: Node, segment: string): Link | undefined =>
  node.links.find((link) => link.segment === segment);

/** The family of the lab's addresses: its segments are all of one. */
export const familyOfLab = ({ segments }: Pick<Lab, 'segments'>): AddressFamily =>
  familyOfText(segments[0]?.prefix ?? '');

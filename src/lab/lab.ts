/**
 * A lab: the whole of a lab file, checked and resolved. Every address, MAC, gateway and default is filled in, so that
 * every later step is a function of this value and nothing downstream reads YAML or guesses. Frozen all through.
 */
export interface Lab {
  readonly name: string;
  readonly summary: string;
  /** The guest image the file asks for, if it does (`debian12`). */
  readonly image?: string;
  readonly segments: readonly Segment[];
  readonly nodes: readonly Node[];
  /** Names of the nodes that request the services, in file order. */
  readonly clients: readonly string[];
  readonly services: readonly Service[];
  readonly checks: readonly CheckSpec[];
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

/** One virtual machine. */
export interface Node {
  readonly name: string;
  /** Position in the file, from 1. */
  readonly index: number;
  /** Derived from clients, forwarding and services; never declared. In the order client, router, director, real-server. */
  readonly roles: readonly Role[];
  readonly links: readonly Link[];
  /** The default gateway: the neighbour's name, its address, and the segment shared with it. */
  readonly gateway?: { readonly node: string; readonly address: string; readonly segment: string };
  /** Whether it forwards IPv4 packets between its links. */
  readonly forwarding: boolean;
  /** MiB. */
  readonly memory: number;
  readonly cpus: number;
}

/** A NIC of a node on a segment. */
export interface Link {
  readonly segment: string;
  readonly address: string;
  readonly prefixLength: number;
  /** `52:54:00:SS:NN:NN`: segment index, node index; unique within the lab, lower case. */
  readonly mac: string;
}

export type ForwardingMethod = 'tun' | 'dr' | 'nat';
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** A virtual service of IPVS, in ipvsadm's terms. */
export interface Service {
  readonly name: string;
  readonly vip: string;
  readonly port: number;
  readonly protocol: 'tcp';
  readonly scheduler: Scheduler;
  readonly forward: ForwardingMethod;
  readonly director: string;
  /** The segment whose prefix holds the VIP and on which the director answers ARP for it. */
  readonly segment: string;
  readonly realServers: readonly RealServer[];
}

export interface RealServer {
  readonly node: string;
  /** The RIP: the address the director sends to. */
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** A check the file asks for: its name and options, validated by the check itself (`src/checks/`). */
export interface CheckSpec {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
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

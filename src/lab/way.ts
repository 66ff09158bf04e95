import { contains, parseAddress, parsePrefix } from './addresses.ts';
import { type Lab, nodeOf, segmentOf } from './lab.ts';

/** Where a node sends a packet: to a neighbour on a segment; without a neighbour, to the destination, which is there itself. */
export interface Hop {
  readonly segment: string;
  /** The neighbour's name and address. */
  readonly node?: string;
  readonly address?: string;
}

/** What each node does with packets for one destination, as it is planned or as the node says; nothing where it has no route. */
export type HopOf = (node: string) => Hop | undefined;

/** The way of a packet, as far as it gets. */
export interface Way {
  /** The nodes that send it on, in order, each with where it sends it. */
  readonly steps: readonly Step[];
  /** Whether the last of them delivered it; else why it goes no further from the node that it came to. */
  readonly outcome: 'delivered' | 'ended' | 'no route' | 'circle';
  /** The node that it came to, or that delivered it. */
  readonly last: string;
}

export interface Step {
  readonly node: string;
  readonly hop: Hop;
}

/** Follows a packet from a node, hop by hop, to its destination or to a node that is an end. */
export const wayOf = (from: string, hopOf: HopOf, isEnd: (node: string) => boolean = () => false): Way => {
  const steps: Step[] = [];
  const passed = new Set<string>();
  let node = from;
  while (!passed.has(node)) {
    if (isEnd(node)) return { steps, outcome: 'ended', last: node };
    const hop = hopOf(node);
    if (!hop) return { steps, outcome: 'no route', last: node };
    passed.add(node);
    steps.push({ node, hop });
    if (hop.node === undefined) return { steps, outcome: 'delivered', last: node };
    node = hop.node;
  }
  return { steps, outcome: 'circle', last: node };
};

/** How the nodes of a lab send to an address, as Linux routes by the lab's links, routes and gateways. */
export const plannedHops =
  (lab: Lab, address: string): HopOf =>
  (name) => {
    const { links, routes, gateway } = nodeOf(lab, name);
    const near = links.find((link) => holds(segmentOf(lab, link.segment).prefix, address));
    return near ? { segment: near.segment } : (routes.find(({ prefix }) => holds(prefix, address)) ?? gateway);
  };

/**
 * The nodes that forward what a node sends to an address, in order, by the lab's plan; none when the address is the
 * node's own, on one of its segments, or out of reach.
 */
export const nextHops = (lab: Lab, from: string, address: string): string[] => {
  const { steps, outcome, last } = wayOf(from, plannedHops(lab, address));
  if (outcome !== 'delivered') return [];
  const hops = steps.flatMap(({ hop }) => hop.node ?? []);
  return nodeOf(lab, last).links.some((link) => link.address === address) ? hops.filter((name) => name !== last) : hops;
};

const holds = (prefix: string, address: string): boolean => {
  const [network, host] = [parsePrefix(prefix), parseAddress(address)];
  return network !== undefined && host !== undefined && contains(network, host);
};

import { contains, parseAddress, parsePrefix } from './addresses.ts';
import { type Lab, type Node, nodeOf, segmentOf } from './lab.ts';

/**
 * The nodes that forward what a node sends to an address, in order, as Linux routes by the lab's links, routes and
 * gateways; none when the address is the node's own, on one of its segments, or out of reach.
 */
export const nextHops = (lab: Lab, from: string, address: string): string[] => {
  const hops: string[] = [];
  let node = nodeOf(lab, from);
  while (!delivers(lab, node, address)) {
    const hop = node.routes.find(({ prefix }) => holds(prefix, address)) ?? node.gateway;
    // A resolved lab has no circle on a way that it uses; on others there is no end to find.
    if (!hop || hop.node === from || hops.includes(hop.node)) return [];
    hops.push(hop.node);
    node = nodeOf(lab, hop.node);
  }
  return node.links.some((link) => link.address === address) ? hops.filter((name) => name !== node.name) : hops;
};

const delivers = (lab: Lab, { links }: Node, address: string): boolean =>
  links.some(({ segment }) => holds(segmentOf(lab, segment).prefix, address));

const holds = (prefix: string, address: string): boolean => {
  const [network, host] = [parsePrefix(prefix), parseAddress(address)];
  return network !== undefined && host !== undefined && contains(network, host);
};

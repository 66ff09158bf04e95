import { contains, parseAddress, parsePrefix } from '../lab/addresses.ts';
import { type Lab, nodeOf, type RealServer, requestedAddress, type Service, segmentOf } from '../lab/lab.ts';

/** One node on the way of a packet: where it comes in, and where it should go from there. */
export interface Stop {
  readonly node: string;
  /** Segment or device that it comes in by; absent where the node sends it itself. */
  readonly from?: Entry;
  /** Segment that it leaves by, and the neighbour that it is handed to where that is not its destination. */
  readonly out?: { readonly segment: string; readonly via?: string };
}

export type Entry = { readonly segment: string } | { readonly device: string };

/** A packet's source and destination as they are on a part of its way, and the nodes that it passes. */
export interface Leg {
  readonly source: string;
  readonly destination: string;
  readonly stops: readonly Stop[];
}

/** What becomes of a request of a client, when one real server answers it. */
export interface Journey {
  readonly client: string;
  readonly service: Service;
  readonly server: RealServer;
  /** The address that the client asks from. */
  readonly address: string;
  /** From the client to the director, the director included. */
  readonly request: readonly Leg[];
  /** From the director to the real server, as the outer packet where it is wrapped, the real server included. */
  readonly forwarded: Leg;
  /** From the real server to the client; with NAT as the director gets it, which then puts the VIP in the place of the source. */
  readonly reply: Leg;
}

/** Every way that requests of a lab take. */
export const journeysOf = (lab: Lab): Journey[] =>
  lab.services.flatMap((service) =>
    service.clients.flatMap((client) => service.realServers.map((server) => journeyOf(lab, client, service, server))),
  );

const journeyOf = (lab: Lab, client: string, service: Service, server: RealServer): Journey => {
  const { vip, director } = service;
  const asked = requestedAddress(service);
  const towards = service.public?.node ?? director;
  const first = hopTowards(lab, client, asked);
  const address = linkAddress(lab, client, first?.segment) ?? nodeOf(lab, client).links[0]?.address ?? '';
  const toFront = walk(lab, client, address, asked, towards);
  const front = toFront.stops.at(-1);
  const request = service.public
    ? [toFront, walk(lab, service.public.node, address, vip, director, front?.from)]
    : [toFront];
  const dip = linkAddress(lab, director, hopTowards(lab, director, server.address)?.segment) ?? '';
  const nat = service.forward === 'nat';
  const forwarded = walk(lab, director, nat ? address : dip, server.address, server.node);
  const source = nat ? server.address : vip;
  const reply = walk(lab, server.node, source, address, client);
  return { client, service, server, address, request, forwarded, reply };
};

const walk = (lab: Lab, start: string, source: string, destination: string, end: string, from?: Entry): Leg => {
  const stops: (Omit<Stop, 'out'> & { out?: Hop })[] = [];
  let node = start;
  let entry = from;
  // A resolved lab has no circle on a way that it uses.
  while (stops.length <= lab.nodes.length) {
    if (node === end) {
      stops.push({ node, ...(entry && { from: entry }) });
      break;
    }
    const hop = hopTowards(lab, node, destination);
    stops.push({ node, ...(entry && { from: entry }), ...(hop && { out: hop }) });
    if (!hop) break;
    node = hop.node ?? end;
    entry = { segment: hop.segment };
  }
  return {
    source,
    destination,
    stops: stops.map(({ node, from, out }) => ({
      node,
      ...(from && { from }),
      ...(out && { out: { segment: out.segment, ...(out.via !== undefined && { via: out.via }) } }),
    })),
  };
};

interface Hop {
  readonly segment: string;
  readonly via?: string;
  readonly node?: string;
}

/** How a node sends to an address, by the lab's links, routes and gateways. */
const hopTowards = (lab: Lab, from: string, address: string): Hop | undefined => {
  const { links, routes, gateway } = nodeOf(lab, from);
  const near = links.find(({ segment }) => holds(segmentOf(lab, segment).prefix, address));
  if (near) return { segment: near.segment };
  const hop = routes.find(({ prefix }) => holds(prefix, address)) ?? gateway;
  return hop && { segment: hop.segment, via: hop.address, node: hop.node };
};

const linkAddress = (lab: Lab, node: string, segment: string | undefined): string | undefined =>
  nodeOf(lab, node).links.find((link) => link.segment === segment)?.address;

const holds = (text: string, address: string): boolean => {
  const prefix = parsePrefix(text);
  const number = parseAddress(address);
  return prefix !== undefined && number !== undefined && contains(prefix, number);
};

import { type Lab, nodeOf, type RealServer, requestedAddress, type Service } from '../lab/lab.ts';
import { plannedHops, wayOf } from '../lab/way.ts';

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
  const first = plannedHops(lab, asked)(client);
  const address = linkAddress(lab, client, first?.segment) ?? nodeOf(lab, client).links[0]?.address ?? '';
  const toFront = legOf(lab, client, address, asked, towards);
  const front = toFront.stops.at(-1);
  const request = service.public
    ? [toFront, legOf(lab, service.public.node, address, vip, director, front?.from)]
    : [toFront];
  const dip = linkAddress(lab, director, plannedHops(lab, server.address)(director)?.segment) ?? '';
  const nat = service.forward === 'nat';
  const forwarded = legOf(lab, director, nat ? address : dip, server.address, server.node);
  const source = nat ? server.address : vip;
  const reply = legOf(lab, server.node, source, address, client);
  return { client, service, server, address, request, forwarded, reply };
};

/** From a node to that where the leg ends: it has the destination's address, or takes packets for it. */
const legOf = (lab: Lab, start: string, source: string, destination: string, end: string, from?: Entry): Leg => {
  const { steps, outcome, last } = wayOf(start, plannedHops(lab, destination), (node) => node === end);
  const stops: Stop[] = [];
  let entry = from;
  for (const { node, hop } of steps) {
    const out = { segment: hop.segment, ...(hop.address !== undefined && { via: hop.address }) };
    stops.push({ node, ...(entry && { from: entry }), out });
    entry = { segment: hop.segment };
  }
  // A resolved lab has no circle on a way that it uses.
  if (outcome !== 'circle') stops.push({ node: outcome === 'delivered' ? end : last, ...(entry && { from: entry }) });
  return { source, destination, stops };
};

const linkAddress = (lab: Lab, node: string, segment: string | undefined): string | undefined =>
  nodeOf(lab, node).links.find((link) => link.segment === segment)?.address;

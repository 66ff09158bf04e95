import { decodePacket } from '../../src/capture/packet.ts';
import { readPcap } from '../../src/capture/pcap.ts';
import { type Lab, linkOf, nodeOf, type Service } from '../../src/lab/lab.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Burst, Request, Sighting } from '../../src/traffic/observation.ts';
import { arp, ethernet, ipv4, pcap, tcp } from '../capture/bytes.ts';
import { serviceOf } from './tun-basic.ts';

/** Ways in which the traffic of a lab can be wrong. */
export interface Sabotage {
  /** What the director really does, whatever the lab says. */
  forward?: 'tun' | 'dr' | 'nat';
  outerSource?: string;
  outerDestination?: string;
  /** The source that packets of the client have behind the router. */
  translated?: string;
  /** The node that real servers send their replies to. */
  gateway?: string;
  /** The source of the replies. */
  replySource?: string;
  /** Which of the client's packets the director tunnels; the others go as with `dr`. */
  tunnels?: (flags: string) => boolean;
  /** Which of the replies of the real servers go by the director, where `gateway` does not say all. */
  detours?: (flags: string) => boolean;
}

/** Frames on the segments of a lab, as the NICs of its nodes capture them, each by a clock of its own. */
export class Wire {
  readonly lab: Lab;
  readonly #skews: Readonly<Record<string, number>>;
  readonly #frames = new Map<string, { time: number; bytes: Buffer }[]>();
  #now = 1_700_000_000;

  constructor(lab: Lab, skews: Readonly<Record<string, number>> = {}) {
    this.lab = lab;
    this.#skews = skews;
  }

  /** A frame from one node's NIC to another's, seen by both, and by those that it is flooded to. */
  hop(segment: string, from: string, to: string, type: number, payload: Buffer, flooded: readonly string[] = []): void {
    const macs = [from, to].map((node) => linkOf(nodeOf(this.lab, node), segment)?.mac ?? '');
    this.frame(segment, [from, to, ...flooded], ethernet(macs[0] as string, macs[1] as string, type, payload));
  }

  frame(segment: string, seenBy: readonly string[], bytes: Buffer): void {
    for (const node of seenBy) {
      const key = `${node}/${segment}`;
      const frames = this.#frames.get(key) ?? [];
      this.#now += 0.0005;
      frames.push({ time: this.#now + (this.#skews[key] ?? 0), bytes });
      this.#frames.set(key, frames);
    }
  }

  ip(segment: string, from: string, to: string, payload: Buffer, flooded: readonly string[] = []): void {
    this.hop(segment, from, to, 0x0800, payload, flooded);
  }

  /** An ARP packet from a node that says who it is for `senderAddress`. */
  arp(segment: string, operation: 1 | 2, from: string, senderAddress: string, to: string, targetAddress: string): void {
    const senderMac = this.mac(from, segment);
    const targetMac = operation === 1 ? '00:00:00:00:00:00' : this.mac(to, segment);
    const packet = arp({ operation, senderMac, senderAddress, targetMac, targetAddress });
    const destination = operation === 1 ? 'ff:ff:ff:ff:ff:ff' : targetMac;
    const everybody = this.lab.nodes.filter((node) => linkOf(node, segment)).map(({ name }) => name);
    this.frame(segment, operation === 1 ? everybody : [from, to], ethernet(senderMac, destination, 0x0806, packet));
  }

  mac(node: string, segment: string): string {
    const link = linkOf(nodeOf(this.lab, node), segment);
    if (!link) throw new RangeError(`${node} has no link to ${segment}`);
    return link.mac;
  }

  pcap(node: string, segment: string): Buffer {
    return pcap(this.#frames.get(`${node}/${segment}`) ?? []);
  }

  sightings(): Sighting[] {
    return this.lab.nodes
      .flatMap(({ name, links }) =>
        links.flatMap(({ segment }) =>
          readPcap(this.pcap(name, segment)).frames.map((frame) => ({
            node: name,
            segment,
            packet: decodePacket(frame),
          })),
        ),
      )
      .sort((one, other) => one.packet.time - other.packet.time);
  }
}

const CLIENT = '192.168.1.200';

/** A burst with these answers; a dash is a request that nobody answered. */
export const burstOf = (lab: Lab, answers: string, service: Service = serviceOf(lab)): Burst => {
  const requests = answers.split(' ').map((answer, index): Request => {
    const base = { number: index + 1, token: `t0x1-${index + 1}` };
    return answer === '-'
      ? { ...base, failure: curlFailure(28, 'curl: (28) Connection timed out after 3001 milliseconds'), seconds: 3 }
      : { ...base, answer, status: 200, seconds: 0.01, address: CLIENT, port: 40000 + index };
  });
  return { client: 'client', service, wanted: requests.length, requests };
};

/** The traffic of a burst in the lab tun-basic, packet by packet and hop by hop. */
export const trafficOf = (lab: Lab, burst: Burst, sabotage: Sabotage = {}, wire: Wire = new Wire(lab)): Wire => {
  for (const request of burst.requests) converse(wire, burst, request, sabotage);
  return wire;
};

const converse = (wire: Wire, { service }: Burst, request: Request, sabotage: Sabotage): void => {
  const { vip, port, director } = service;
  const server = service.realServers.find(({ node }) => node === request.answer) ?? service.realServers[0];
  if (!server) return;
  const clientPort = 39_999 + request.number;
  const seen = sabotage.translated ?? CLIENT;
  let id = request.number * 100;

  const inwards = (flags: string, payload = '') => {
    id += 1;
    const packet = (source: string, destination: string, ttl: number, to = port) =>
      ipv4({
        source,
        destination,
        protocol: 6,
        id,
        ttl,
        payload: tcp({ from: clientPort, to, flags, sequence: id, payload }),
      });
    wire.ip('outside', 'client', 'router', packet(CLIENT, vip, 64));
    wire.ip('inside', 'router', director, packet(seen, vip, 63));
    const method = sabotage.tunnels?.(flags) === false ? 'dr' : (sabotage.forward ?? service.forward);
    const source = sabotage.outerSource ?? '192.168.2.200';
    const destination = sabotage.outerDestination ?? server.address;
    const forwarded = {
      tun: ipv4({ source, destination, protocol: 4, id, payload: packet(seen, vip, 63) }),
      dr: packet(seen, vip, 63),
      nat: packet(seen, server.address, 62, server.port),
    };
    wire.ip('inside', director, server.node, forwarded[method]);
  };

  const outwards = (flags: string, payload = '') => {
    id += 1;
    const packet = (destination: string, ttl: number, source = sabotage.replySource ?? vip, from = port) =>
      ipv4({
        source,
        destination,
        protocol: 6,
        id,
        ttl,
        payload: tcp({ from, to: clientPort, flags, sequence: id, payload }),
      });
    if (service.forward === 'nat') {
      const gateway = sabotage.gateway ?? director;
      wire.ip('inside', server.node, gateway, packet(seen, 64, server.address, server.port));
      if (gateway === director) wire.ip('inside', director, 'router', packet(seen, 63));
      wire.ip(
        'outside',
        'router',
        'client',
        gateway === director ? packet(CLIENT, 62) : packet(CLIENT, 62, server.address),
      );
      return;
    }
    const gateway = sabotage.detours?.(flags) ? director : (sabotage.gateway ?? 'router');
    // A switch that has forgotten where the router is sends the frame to everyone, the director's NIC too.
    wire.ip('inside', server.node, gateway, packet(seen, 64), gateway === 'router' ? [director] : []);
    if (gateway !== 'router') wire.ip('inside', gateway, 'router', packet(seen, 63));
    wire.ip('outside', 'router', 'client', packet(CLIENT, 62));
  };

  inwards('S');
  if (request.failure !== undefined) return;
  outwards('S.');
  inwards('.');
  inwards('P.', `GET /?lab=${request.token} HTTP/1.1\r\n\r\n`);
  outwards('P.', `HTTP/1.1 200 OK\r\n\r\n${server.node}\n`);
  outwards('F.');
  inwards('F.');
  outwards('.');
};

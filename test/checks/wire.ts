import { decodePacket } from '../../src/capture/packet.ts';
import { readPcap } from '../../src/capture/pcap.ts';
import type { Burst, Request, Sighting } from '../../src/checks/observation.ts';
import { type Lab, linkOf, nodeOf, type Service } from '../../src/lab/lab.ts';
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
  /** Nodes whose NICs saw nothing. */
  blind?: string[];
  /** Which of the packets of a request come to the director's other side. */
  tunnels?: (flags: string) => boolean;
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
          readPcap(this.pcap(name, segment)).frames.map((frame) => ({ node: name, segment, packet: decodePacket(frame) })),
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
      ? { ...base, failure: 'curl: (28) Connection timed out after 3001 milliseconds', seconds: 3 }
      : { ...base, answer, status: 200, seconds: 0.01, address: CLIENT, port: 40000 + index };
  });
  return { client: 'client', service, wanted: requests.length, requests };
};

/** The traffic of a burst in the lab tun-basic, packet by packet and hop by hop. */
export const trafficOf = (burst: Burst, sabotage: Sabotage = {}, wire: Wire = new Wire(WIRELESS)): Wire => {
  for (const request of burst.requests) converse(wire, burst, request, sabotage);
  return wire;
};

const WIRELESS: Lab = { name: '', summary: '', segments: [], nodes: [], clients: [], services: [], checks: [] };

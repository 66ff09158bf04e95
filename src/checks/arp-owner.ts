import { z } from 'zod';
import type { Arp } from '../capture/arp.ts';
import { describePacket } from '../capture/describe.ts';
import { decodePacket } from '../capture/packet.ts';
import { readPcap } from '../capture/pcap.ts';
import { nicWithMac } from '../guest/nic.ts';
import { familyOfText } from '../lab/addresses.ts';
import { directorsOf, type Lab, type Link, linkOf, type Node, nodeOf, type Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import type { Check, CheckContext, Evidence, LabAccess, Outcome } from './check.ts';
import { nameMac, ownerOfMac } from './connection.ts';
import type { Sighting } from './observation.ts';
import { fail, pass, skip } from './outcome.ts';
import { combine, scopeOptions, servicesIn } from './scope.ts';

const options = z.strictObject(scopeOptions);

/**
 * Exactly one machine answers ARP for the VIP: the director, with its MAC address on the VIP's segment. Another
 * machine of the segment asks, so that all who would answer do; and nobody else claims the VIP as the sender of any
 * ARP packet that was seen, which would have its hearers believe it.
 *
 * IPv6 asks by neighbour discovery instead: there the same is true of advertisements, and of the source of solicitations.
 *
 * Broken by a real server without arp_ignore or arp_announce (or the arptables rules in their place), by a director
 * without the VIP, and by any further machine that has it; with IPv6 by a machine that has the VIP on the NIC itself.
 */
export const arpOwner: Check<z.infer<typeof options>> = {
  name: 'arp-owner',
  summary: 'only the director answers ARP, or neighbour solicitations, for the VIP',
  options,
  run: async (context, scope) => {
    const parts = [];
    // One after the other: two at a time on one NIC would each see the other's packets.
    for (const service of servicesIn(context.lab, scope)) {
      parts.push({ of: service.name, ...(await checkService(context, service)) });
    }
    return combine(parts);
  },
};

const checkService = async (context: CheckContext, service: Service): Promise<Outcome> => {
  const { upstream, director } = service;
  if (upstream !== undefined) return skip(`${director} has the VIP as a real server of ${upstream}, and keeps quiet`);
  const asker = findAsker(context.lab, service);
  if (!asker) {
    return skip(`no node on segment ${service.segment} but the director and the real servers could ask`);
  }
  const asked = await ask(context, service, asker);
  return judgeArpOwner(context.lab, service, asker.node.name, asked, context.observation.seen);
};

interface Asker {
  readonly node: Node;
  readonly link: Link;
}

/**
 * A machine that hears every answer: one that has the VIP itself would not ask the others. A router is the best one,
 * since it asks for all the clients behind it.
 */
const findAsker = (lab: Lab, { segment, vip }: Service): Asker | undefined => {
  const owners = lab.services
    .filter((service) => service.vip === vip)
    .flatMap((service) => [...directorsOf(service), ...service.realServers.map(({ node }) => node)]);
  const askers = lab.nodes.flatMap((node) => {
    const link = linkOf(node, segment);
    return link && !owners.includes(node.name) ? [{ node, link }] : [];
  });
  return askers.find(({ node }) => node.roles.includes('router')) ?? askers[0];
};

/** What the asker's NIC saw while it asked. */
export interface Asked {
  readonly sightings: readonly Sighting[];
  /** What the command wrote that asked. */
  readonly output: string;
}

/** Requests: a first one may be lost on a switch that has just started. */
const ARP_REQUESTS = 2;

const ask = async (access: LabAccess, { vip, segment }: Service, { node, link }: Asker): Promise<Asked> => {
  const guest = await access.guest(node.name);
  const capture = await access.capture(node.name, segment);
  let pcap: Buffer | undefined;
  try {
    const neighbours = access.lab.nodes.flatMap((other) => {
      const near = other.name === node.name ? undefined : linkOf(other, segment);
      return near ? [shellQuote(near.address)] : [];
    });
    const command = [
      `nic=${nicWithMac(link.mac)}`,
      ...Array.from({ length: ARP_REQUESTS }, () => questionFor(vip)),
      // A machine answers in the order in which it is asked: whose echo has come has said what it had to say of the VIP.
      ...neighbours.map((address) => `ping -n -q -c 1 -W 2 ${address} >/dev/null &`),
      'wait',
    ].join('\n');
    const { stdout } = await guest.run(command, access.signal && { signal: access.signal });
    pcap = await capture.stop();
    const { frames } = readPcap(pcap);
    return {
      output: stdout,
      sightings: frames.map((frame) => ({ node: node.name, segment, packet: decodePacket(frame) })),
    };
  } finally {
    if (!pcap) await capture.stop().catch(() => undefined);
  }
};

/** A command that asks for an address by broadcast, or multicast, and ends with the first answer or after a second. */
const questionFor = (vip: string): string =>
  familyOfText(vip) === 'IPv6'
    ? // A neighbour that is known would not be asked for.
      `ip neighbour del ${shellQuote(vip)} dev "$nic" 2>/dev/null; ping -n -q -c 1 -W 1 ${shellQuote(vip)} 2>&1`
    : `arping -b -c 1 -w 1 -I "$nic" ${shellQuote(vip)} 2>&1`;

/** The same in the words of each family. */
const WORDS = {
  IPv4: {
    command: 'arping',
    questions: 'ARP',
    packets: 'ARP packets',
    a: 'an',
    request: 'ARP request',
    reply: 'ARP reply',
  },
  IPv6: {
    command: 'ping',
    questions: 'neighbour solicitations',
    packets: 'packets of neighbour discovery',
    a: 'a',
    request: 'neighbour solicitation',
    reply: 'neighbour advertisement',
  },
} as const;

/** @throws LabError when no question was seen, since then silence says nothing. */
export const judgeArpOwner = (
  lab: Lab,
  service: Service,
  asker: string,
  { sightings, output }: Asked,
  seenBefore: readonly Sighting[],
): Outcome => {
  const { vip, segment, director } = service;
  const words = WORDS[familyOfText(vip)];
  const askerMac = linkOf(nodeOf(lab, asker), segment)?.mac;
  const directorMac = linkOf(nodeOf(lab, director), segment)?.mac;
  const arps = arpOf(sightings);
  if (!arps.some(({ arp }) => arp.operation === 'request' && arp.senderMac === askerMac && arp.targetAddress === vip)) {
    throw new LabError({
      tried: `ask for ${vip} from ${asker}`,
      happened: `no ${words.request} of ${asker} was seen on segment ${segment}; ${words.command} wrote: ${output.trim() || 'nothing'}`,
    });
  }
  const claims = [...arps, ...arpOf(seenBefore)].filter(({ arp }) => arp.senderAddress === vip);
  const evidence: Evidence = {
    title: `${words.packets} in which a machine says it has ${vip}`,
    lines: claims.map(
      ({ arp, sighting }) =>
        `${nameMac(lab, arp.senderMac)} on ${sighting.segment}: ${describePacket(sighting.packet)}`,
    ),
  };
  const arping: Evidence = { title: `${words.command} on ${asker}`, lines: output.trim().split('\n') };

  const answering = answeringMacs(arps, vip, askerMac);
  const names = answering.map((mac) => nameMac(lab, mac)).join(' and ');
  if (answering.length === 0) return fail(`nobody answered ${words.questions} for ${vip}`, arping);
  if (answering.length > 1) return fail(`${names} answered ${words.questions} for ${vip}`, evidence, arping);
  if (answering[0] !== directorMac) {
    return fail(
      `${names} answered ${words.questions} for ${vip}, and not ${director} (${directorMac})`,
      evidence,
      arping,
    );
  }
  const claimant = claims.find(({ arp }) => arp.senderMac !== directorMac);
  if (claimant) {
    const { arp } = claimant;
    return fail(
      `${nameMac(lab, arp.senderMac)} claimed ${vip} in ${words.a} ${words[arp.operation]}`,
      evidence,
      arping,
    );
  }
  return pass(`only ${names} answered ${asker}'s ${words.questions} for ${vip}`, evidence, arping);
};

/** The part of an ARP packet that tells who says what; neighbour discovery tells the same. */
type Told = Pick<Arp, 'operation' | 'senderMac' | 'senderAddress' | 'targetMac' | 'targetAddress'>;

const answeringMacs = (arps: readonly { readonly arp: Told }[], vip: string, askerMac: string | undefined): string[] =>
  unique(
    arps
      .filter(({ arp }) => arp.operation === 'reply' && arp.senderAddress === vip && arp.targetMac === askerMac)
      .map(({ arp }) => arp.senderMac),
  );

/**
 * Who answers ARP for a service's VIP now: names of nodes, or a MAC address that is of none.
 * @throws LabError when no machine of the segment could ask.
 */
export const arpOwners = async (access: LabAccess, service: Service): Promise<string[]> => {
  const asker = findAsker(access.lab, service);
  if (!asker)
    throw new LabError({
      tried: `see who answers ARP for ${service.vip}`,
      happened: `no node on segment ${service.segment} but the directors and the real servers could ask`,
    });
  const { sightings } = await ask(access, service, asker);
  const macs = answeringMacs(arpOf(sightings), service.vip, asker.link.mac);
  return macs.map((mac) => ownerOfMac(access.lab, mac)?.node ?? mac).sort();
};

const arpOf = (sightings: readonly Sighting[]): { arp: Told; sighting: Sighting }[] =>
  sightings.flatMap((sighting) => {
    const arp = sighting.packet.arp ?? toldByNeighbour(sighting);
    return arp ? [{ arp, sighting }] : [];
  });

/** An advertisement says that its target is at a MAC address; a solicitation, that its source is. */
const toldByNeighbour = ({ packet: { ethernet, ip } }: Sighting): Told | undefined => {
  const message = ip?.neighbour;
  if (!message || !ethernet) return undefined;
  const { operation, target, mac = ethernet.source } = message;
  const ends = { senderMac: mac, targetMac: ethernet.destination };
  return operation === 'advertisement'
    ? { operation: 'reply', ...ends, senderAddress: target, targetAddress: ip.destination }
    : { operation: 'request', ...ends, senderAddress: ip.source, targetAddress: target };
};

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

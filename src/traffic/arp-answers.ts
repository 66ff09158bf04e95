import type { Arp } from '../capture/arp.ts';
import type { LabAccess } from '../guest/access.ts';
import { nicWithMac } from '../guest/nic.ts';
import { familyOfText } from '../lab/addresses.ts';
import { directorsOf, type Lab, type Link, linkOf, type Node, type Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import { seenWhile } from './captures.ts';
import { ownerOfMac } from './connection.ts';
import type { Sighting } from './observation.ts';

/** A machine that can ask for a VIP, and the link on which it does. */
export interface Asker {
  readonly node: Node;
  readonly link: Link;
}

/**
 * A machine that hears every answer: one that has the VIP itself would not ask the others. A router is the best one,
 * since it asks for all the clients behind it.
 */
export const findAsker = (lab: Lab, { segment, vip }: Service): Asker | undefined => {
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
export interface ArpQuestion {
  readonly sightings: readonly Sighting[];
  /** What the command wrote that asked. */
  readonly output: string;
}

/** Requests: a first one may be lost on a switch that has just started. */
const ARP_REQUESTS = 2;

/** Asks for the VIP of a service from `node`, and gives what its NIC saw meanwhile. */
export const askForVip = async (
  access: LabAccess,
  { vip, segment }: Service,
  { node, link }: Asker,
): Promise<ArpQuestion> => {
  const guest = await access.guest(node.name);
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
  const { value, sightings } = await seenWhile(access, [{ node: node.name, segment }], () =>
    guest.run(command, access.signal && { signal: access.signal }),
  );
  return { output: value.stdout, sightings };
};

/** A command that asks for an address by broadcast, or multicast, and ends with the first answer or after a second. */
const questionFor = (vip: string): string =>
  familyOfText(vip) === 'IPv6'
    ? // A neighbour that is known would not be asked for.
      `ip neighbour del ${shellQuote(vip)} dev "$nic" 2>/dev/null; ping -n -q -c 1 -W 1 ${shellQuote(vip)} 2>&1`
    : `arping -b -c 1 -w 1 -I "$nic" ${shellQuote(vip)} 2>&1`;

/** The part of an ARP packet that tells who says what; neighbour discovery tells the same. */
export type ArpWords = Pick<Arp, 'operation' | 'senderMac' | 'senderAddress' | 'targetMac' | 'targetAddress'>;

/** MAC addresses from which a machine that asked for a VIP was answered, each once. */
export const answeringMacs = (
  arps: readonly { readonly arp: ArpWords }[],
  vip: string,
  askerMac: string | undefined,
): string[] =>
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
  const { sightings } = await askForVip(access, service, asker);
  const macs = answeringMacs(arpOf(sightings), service.vip, asker.link.mac);
  return macs.map((mac) => ownerOfMac(access.lab, mac)?.node ?? mac).sort();
};

/** All that was said by ARP, or by neighbour discovery, in the order of the sightings. */
export const arpOf = (sightings: readonly Sighting[]): { arp: ArpWords; sighting: Sighting }[] =>
  sightings.flatMap((sighting) => {
    const arp = sighting.packet.arp ?? wordsOfNeighbour(sighting);
    return arp ? [{ arp, sighting }] : [];
  });

/** An advertisement says that its target is at a MAC address; a solicitation, that its source is. */
const wordsOfNeighbour = ({ packet: { ethernet, ip } }: Sighting): ArpWords | undefined => {
  const message = ip?.neighbour;
  if (!message || !ethernet) return undefined;
  const { operation, target, mac = ethernet.source } = message;
  const ends = { senderMac: mac, targetMac: ethernet.destination };
  return operation === 'advertisement'
    ? { operation: 'reply', ...ends, senderAddress: target, targetAddress: ip.destination }
    : { operation: 'request', ...ends, senderAddress: ip.source, targetAddress: target };
};

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

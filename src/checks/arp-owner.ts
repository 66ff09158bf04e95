import { z } from 'zod';
import type { Arp } from '../capture/arp.ts';
import { describePacket } from '../capture/describe.ts';
import { decodePacket } from '../capture/packet.ts';
import { readPcap } from '../capture/pcap.ts';
import { type Lab, type Link, linkOf, type Node, nodeOf, type Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import type { Check, CheckContext, Evidence, LabAccess, Outcome } from './check.ts';
import { nameMac } from './connection.ts';
import type { Sighting } from './observation.ts';
import { fail, pass, skip } from './outcome.ts';
import { combine, scopeOptions, servicesIn } from './scope.ts';

const options = z.strictObject(scopeOptions);

/**
 * Exactly one machine answers ARP for the VIP: the director, with its MAC address on the VIP's segment. Another
 * machine of the segment asks, so that all who would answer do; and nobody else claims the VIP as the sender of any
 * ARP packet that was seen, which would have its hearers believe it.
 *
 * Broken by a real server without arp_ignore or arp_announce (or the arptables rules in their place), by a director
 * without the VIP, and by any further machine that has it.
 */
export const arpOwner: Check<z.infer<typeof options>> = {
  name: 'arp-owner',
  summary: 'only the director answers ARP for the VIP',
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
const findAsker = (lab: Lab, { segment, director, realServers }: Service): Asker | undefined => {
  const owners = [director, ...realServers.map(({ node }) => node)];
  const askers = lab.nodes.flatMap((node) => {
    const link = linkOf(node, segment);
    return link && !owners.includes(node.name) ? [{ node, link }] : [];
  });
  return askers.find(({ node }) => node.roles.includes('router')) ?? askers[0];
};

/** What the asker's NIC saw while it asked. */
export interface Asked {
  readonly sightings: readonly Sighting[];
  /** What arping wrote. */
  readonly output: string;
}

/** Requests, a second apart: the last leaves a second for answers to those before it. */
const ARP_REQUESTS = 3;
const ARP_SECONDS = 5;

const ask = async (access: LabAccess, { vip, segment }: Service, { node, link }: Asker): Promise<Asked> => {
  const guest = await access.guest(node.name);
  const capture = await access.capture(node.name, segment);
  let pcap: Buffer | undefined;
  try {
    // Every request a broadcast (-b): else arping asks only the first who answered.
    const command = [
      `nic=$(grep -lix ${shellQuote(link.mac)} /sys/class/net/*/address | head -n 1 | cut -d / -f 5)`,
      `arping -b -c ${ARP_REQUESTS} -w ${ARP_SECONDS} -I "$nic" ${shellQuote(vip)} 2>&1`,
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

/** @throws LabError when no question was seen, since then silence says nothing. */
export const judgeArpOwner = (
  lab: Lab,
  service: Service,
  asker: string,
  { sightings, output }: Asked,
  seenBefore: readonly Sighting[],
): Outcome => {
  const { vip, segment, director } = service;
  const askerMac = linkOf(nodeOf(lab, asker), segment)?.mac;
  const directorMac = linkOf(nodeOf(lab, director), segment)?.mac;
  const arps = arpOf(sightings);
  if (!arps.some(({ arp }) => arp.operation === 'request' && arp.senderMac === askerMac && arp.targetAddress === vip)) {
    throw new LabError({
      tried: `ask for ${vip} from ${asker}`,
      happened: `no ARP request of ${asker} was seen on segment ${segment}; arping wrote: ${output.trim() || 'nothing'}`,
    });
  }
  const claims = [...arps, ...arpOf(seenBefore)].filter(({ arp }) => arp.senderAddress === vip);
  const evidence: Evidence = {
    title: `ARP packets in which a machine says it has ${vip}`,
    lines: claims.map(
      ({ arp, sighting }) =>
        `${nameMac(lab, arp.senderMac)} on ${sighting.segment}: ${describePacket(sighting.packet)}`,
    ),
  };
  const arping: Evidence = { title: `arping on ${asker}`, lines: output.trim().split('\n') };

  const answering = unique(
    arps
      .filter(({ arp }) => arp.operation === 'reply' && arp.senderAddress === vip && arp.targetMac === askerMac)
      .map(({ arp }) => arp.senderMac),
  );
  const names = answering.map((mac) => nameMac(lab, mac)).join(' and ');
  if (answering.length === 0) return fail(`nobody answered ARP for ${vip}`, arping);
  if (answering.length > 1) return fail(`${names} answered ARP for ${vip}`, evidence, arping);
  if (answering[0] !== directorMac) {
    return fail(`${names} answered ARP for ${vip}, and not ${director} (${directorMac})`, evidence, arping);
  }
  const claimant = claims.find(({ arp }) => arp.senderMac !== directorMac);
  if (claimant) {
    const { arp } = claimant;
    return fail(`${nameMac(lab, arp.senderMac)} claimed ${vip} in an ARP ${arp.operation}`, evidence, arping);
  }
  return pass(`only ${names} answered ${asker}'s ARP for ${vip}`, evidence, arping);
};

const arpOf = (sightings: readonly Sighting[]): { arp: Arp; sighting: Sighting }[] =>
  sightings.flatMap((sighting) => (sighting.packet.arp ? [{ arp: sighting.packet.arp, sighting }] : []));

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

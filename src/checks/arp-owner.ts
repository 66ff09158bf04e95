import { z } from 'zod';
import { describePacket } from '../capture/describe.ts';
import { familyOfText } from '../lab/addresses.ts';
import { type Lab, linkOf, nodeOf, type Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { type ArpQuestion, answeringMacs, arpOf, askForVip, findAsker } from '../traffic/arp-answers.ts';
import { nameMac } from '../traffic/connection.ts';
import type { Sighting } from '../traffic/observation.ts';
import { servicesIn } from '../traffic/scope.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { combine, scopeOptions } from './judge.ts';

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
  const asked = await askForVip(context, service, asker);
  return judgeArpOwner(context.lab, service, asker.node.name, asked, context.observation.seen);
};

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
  { sightings, output }: ArpQuestion,
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

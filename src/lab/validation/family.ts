import { familyOf, formatAddress } from '../addresses.ts';
import type { DraftService } from '../draft.ts';
import { showName } from '../show.ts';
import type { Survey } from '../survey.ts';

/** What a lab of IPv6 segments can have, and that a VIP is of their family. */
export const validateFamily = (survey: Survey): void => {
  const { draft, report } = survey;
  for (const service of draft.services.values())
    if (service.vip !== undefined && familyOf(service.vip) === 'IPv6') validateService(survey, service);
  const [first] = [...draft.segments.values()].flatMap(({ prefix }) => prefix ?? []);
  if (!first || familyOf(first.network) === 'IPv4') return;
  for (const { name, iptables, staticNat } of draft.nodes.values()) {
    if (iptables.length > 0)
      report(['nodes', name, 'iptables'], {
        message: `${showName(name)} is on IPv6 segments, and iptables sees IPv4 packets only`,
        expected: 'no iptables',
      });
    if (staticNat.length > 0)
      report(['nodes', name, 'static-nat'], {
        message: `${showName(name)} is on IPv6 segments, where static NAT is not supported`,
        expected: 'no static-nat',
      });
  }
};

const validateService = ({ report }: Survey, service: DraftService): void => {
  const { name, vip = 0n, protocol, forward, tunType, fwmark, healthCheck, dynamicWeight, locations, arp } = service;
  const tell = (key: string, what: string, expected: string) =>
    report(['services', name, key], {
      message: `the VIP ${formatAddress(vip)} is an IPv6 address, where ${what} is not supported`,
      expected,
    });
  if (forward === 'dr' || forward === 'nat') tell('forward', `forwarding by ${forward}`, 'forward: tun');
  if (protocol === 'udp') tell('protocol', 'the protocol udp', 'protocol: tcp');
  if (tunType !== undefined && tunType !== 'ipip') tell('tun-type', `a tunnel of type ${tunType}`, 'no tun-type');
  if (fwmark !== undefined) tell('fwmark', 'a firewall mark', 'no fwmark and no sources');
  if (healthCheck) tell('health-check', 'a health check', 'no health-check');
  if (dynamicWeight) tell('dynamic-weight', 'a weight that follows the load', 'no dynamic-weight');
  if (locations.length > 0) tell('locations', 'passing paths on', 'no locations');
  // Neighbours ask by ICMPv6, which arptables does not see.
  if (arp !== undefined) tell('arp', `keeping quiet by ${arp}`, 'no arp: IPv6 answers for an address only where it is');
};

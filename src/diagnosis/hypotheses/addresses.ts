import ipaddr from 'ipaddr.js';
import { familyOfText, hostPrefixOf } from '../../lab/addresses.ts';
import { tunnelDevice } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import type { Journey } from '../journey.ts';
import { keyOf } from '../questions.ts';
import { type Hypothesis, holderOf, losing, nicName, type Scene, saidBy, spoke } from '../scene.ts';

/** A VIP that is missing where it has to be, on director or real server, or is there with too short a prefix. */
export const addresses: Hypothesis = (scene) => [...onDirectors(scene), ...onRealServers(scene)];

const onDirectors = (scene: Scene): Cause[] =>
  [...Map.groupBy(scene.journeys, ({ service }) => `${service.director} ${service.vip}`).values()].flatMap(
    (journeys): Cause[] => {
      const { service } = journeys[0] as Journey;
      const { director, vip, segment } = service;
      const said = saidBy(scene, director);
      if (!spoke(said)) return [];
      const nic = nicName(scene, director, segment);
      const isIpv6 = familyOfText(vip) === 'IPv6';
      const add = {
        node: director,
        command: `ip address add ${hostPrefixOf(vip)} dev ${nic}${isIpv6 ? ' preferred_lft 0' : ''}`,
      };
      const tell = { node: director, command: 'lab-node boot' };
      const holder = holderOf(said, vip);
      const common = { hypothesis: 'addresses', node: director, effect: losing(journeys, 'timeout') };
      if (!holder) {
        return [
          {
            ...common,
            what: `has no VIP: ${vip} is not on ${nic}, nor anywhere else`,
            show: { node: director, command: `ip address show ${nic}` },
            mend: [tell],
          },
        ];
      }
      const length = holder.addresses.find(({ address }) => address === vip)?.prefixLength;
      const outer = journeys.find(({ forwarded }) => forwarded.stops.length > 0 && service.forward === 'tun');
      const answer = outer && said.answers.get(keyOf({ destination: outer.server.address, source: '' }));
      if (answer?.kind === 'out' && answer.source === vip) {
        return [
          {
            ...common,
            what: `wraps requests with the VIP as the outer source, which real servers take for their own: ${vip}/${length} on ${holder.name} should ${isIpv6 ? 'never be preferred (preferred_lft 0)' : 'be a /32 beside the first address'}`,
            show: { node: director, command: `ip route get ${outer?.server.address}` },
            mend: [{ node: director, command: `ip address del ${vip}/${length} dev ${holder.name}` }, add],
          },
        ];
      }
      return [];
    },
  );

const onRealServers = (scene: Scene): Cause[] =>
  [
    ...Map.groupBy(
      scene.journeys.filter(({ service }) => service.forward !== 'nat'),
      ({ server, service }) => `${server.node} ${service.vip}`,
    ).values(),
  ].flatMap((journeys): Cause[] => {
    const { service, server } = journeys[0] as Journey;
    const { node } = server;
    const { vip } = service;
    const said = saidBy(scene, node);
    if (!spoke(said)) return [];
    const device = tunnelDevice(service) ?? 'lo';
    const common = { hypothesis: 'addresses', node, effect: losing(journeys, 'timeout') };
    const holders = said.devices.filter(({ addresses }) => addresses.some(({ address }) => address === vip));
    if (holders.length === 0) {
      // Without its device it cannot have it, nor with one that is down by IPv6: that is what the hypothesis of tunnels says.
      const isIpv6 = familyOfText(vip) === 'IPv6';
      if (!said.devices.some(({ name, up }) => name === device && (up || !isIpv6))) return [];
      return [
        {
          ...common,
          what: `has no VIP: ${vip} is not on ${device}, so it drops requests for it`,
          show: { node, command: `ip address show ${device}` },
          mend: [{ node, command: `ip address add ${hostPrefixOf(vip)} dev ${device}` }],
        },
      ];
    }
    return holders.flatMap(({ name, addresses }): Cause[] =>
      addresses
        .filter(({ address, prefixLength }) => address === vip && prefixLength < 32 && name === 'lo')
        .map(({ prefixLength }) => {
          const network = ipaddr.IPv4.networkAddressFromCIDR(`${vip}/${prefixLength}`).toString();
          const near = journeys.filter(({ address }) =>
            ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network), prefixLength),
          );
          return {
            ...common,
            what: `has ${vip}/${prefixLength} on lo, not /32, and so takes all of ${network}/${prefixLength} for itself, clients included`,
            show: { node, command: 'ip address show lo' },
            mend: [{ node, command: `ip address del ${vip}/${prefixLength} dev lo` }],
            effect: near.length > 0 ? losing(near, 'timeout') : {},
          };
        }),
    );
  });

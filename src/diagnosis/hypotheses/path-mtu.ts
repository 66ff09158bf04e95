import { nodeOf } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import type { Journey } from '../journey.ts';
import { blockerOf, ruleCommand } from '../packet-filter.ts';
import { keyOf } from '../questions.ts';
import { type Hypothesis, holderOf, type Scene, saidBy, spoke, sysctl } from '../scene.ts';

/** Bytes that the outer IP header takes of a link's MTU. */
const OUTER = 20;

/**
 * The path MTU of a tunnel: the director's word that a packet is too long for it does not reach the client, and nothing
 * keeps the packets short from the start. Only large uploads tell.
 */
export const pathMtu: Hypothesis = (scene) =>
  [
    ...Map.groupBy(
      scene.journeys.filter(({ service }) => service.forward === 'tun' && service.protocol === 'tcp'),
      ({ server, client }) => `${server.node} ${client}`,
    ).values(),
  ].flatMap((journeys): Cause[] => {
    const journey = journeys[0] as Journey;
    const { server, service, reply } = journey;
    const said = saidBy(scene, server.node);
    if (!spoke(said)) return [];
    const filtered = filterOf(scene, journey);
    const short = shortFor(scene, journey);
    if (!filtered || short) return [];
    const { advmss } = nodeOf(scene.lab, server.node);
    const effect = { checks: ['upload'] };
    if (advmss !== undefined) {
      const nic = reply.stops[0]?.out;
      return [
        {
          hypothesis: 'path-mtu',
          node: server.node,
          what: `asks for segments as long as its own link carries, ${OUTER} bytes too long for the tunnel: its way to clients is without advmss ${advmss}, and ${filtered.node} drops the messages that would tell`,
          show: { node: server.node, command: `ip route get ${journey.address} from ${service.vip}` },
          mend: [
            {
              node: server.node,
              command: nic?.via ? `ip route replace default via ${nic.via} advmss ${advmss}` : 'lab-node boot',
            },
          ],
          effect,
        },
      ];
    }
    return [
      {
        hypothesis: 'path-mtu',
        node: filtered.node,
        what: `drops the messages (ICMP fragmentation needed) that tell clients of the tunnel's MTU, so that large uploads hang: ${filtered.rule}`,
        show: { node: filtered.node, command: 'iptables-save -c' },
        mend: [{ node: filtered.node, command: filtered.mend }],
        effect,
        counted: filtered.counted,
      },
    ];
  });

/** Whether a server asks for segments that leave room for the tunnel, or the director fragments what does not fit. */
const shortFor = (scene: Scene, { server, service, address }: Journey): boolean => {
  if (sysctl(saidBy(scene, service.director), 'vs.pmtu_disc') === 0) return true;
  const said = saidBy(scene, server.node);
  const answer = said.answers.get(keyOf({ destination: address, source: service.vip }));
  // Without the VIP there is no such answer, and another hypothesis has a word for that.
  if (answer?.kind !== 'out') return !holderOf(said, service.vip);
  const mtu = said.devices.find(({ name }) => name === answer.device)?.mtu ?? 1500;
  return answer.advmss !== undefined && answer.advmss <= mtu - 40 - OUTER;
};

/** Who drops the message on its way from the director back to the client. */
const filterOf = (scene: Scene, { request, address, service }: Journey) => {
  const director = service.director;
  const source = scene.lab.nodes.find(({ name }) => name === director)?.links[0]?.address ?? service.vip;
  const nodes = [...new Set(request.flatMap(({ stops }) => stops.map(({ node }) => node)))].reverse();
  for (const [index, node] of nodes.entries()) {
    const chain = index === 0 ? 'OUTPUT' : index === nodes.length - 1 ? 'INPUT' : 'FORWARD';
    const blocker = blockerOf(saidBy(scene, node), {
      chain,
      protocol: 'icmp',
      icmp: '3/4',
      source,
      destination: address,
    });
    if (!blocker) continue;
    if ('policy' in blocker) return { node, rule: blocker.policy, mend: 'iptables -S', counted: false };
    return {
      node,
      rule: ruleCommand(blocker.rule, '-A'),
      mend: ruleCommand(blocker.rule, '-D'),
      counted: blocker.rule.packets > 0,
    };
  }
  return undefined;
};

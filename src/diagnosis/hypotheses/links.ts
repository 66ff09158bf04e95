import type { Cause } from '../cause.ts';
import type { Journey, Leg } from '../journey.ts';
import { type Hypothesis, losing, nicOn, type Scene, saidBy, spoke } from '../scene.ts';

/** A NIC that is down, has no carrier, lacks its address or says `netem`; one that takes smaller packets than its peers. */
export const links: Hypothesis = (scene) =>
  scene.lab.nodes.flatMap(({ name, links }) =>
    links.flatMap(({ segment, address, prefixLength }): Cause[] => {
      const said = saidBy(scene, name);
      if (!spoke(said)) return [];
      const nic = nicOn(scene, name, segment);
      const journeys = scene.journeys.filter((journey) => passes(journey, name, segment));
      const common = { hypothesis: 'links', node: name, effect: losing(journeys, 'timeout') };
      if (!nic) {
        return [
          {
            ...common,
            what: `has no NIC on segment ${segment}`,
            show: { node: name, command: 'ip -br link' },
            mend: [{ lab: `reboot INSTANCE ${name}` }],
          },
        ];
      }
      const show = { node: name, command: `ip address show ${nic.name}` };
      const boot = { node: name, command: 'lab-node boot' };
      if (!nic.up)
        return [{ ...common, what: `${nic.name}, its NIC on segment ${segment}, is down`, show, mend: [boot] }];
      if (!nic.carrier) {
        return [
          {
            ...common,
            what: `${nic.name}, its NIC on segment ${segment}, has no carrier, as if its cable were out`,
            show,
            mend: [{ lab: 'stop INSTANCE' }, { lab: 'start INSTANCE' }],
          },
        ];
      }
      const own = nic.addresses.find((each) => each.address === address);
      if (!own || own.prefixLength !== prefixLength) {
        const found = own ? `${address}/${own.prefixLength}` : 'it is missing';
        return [
          {
            ...common,
            what: `${nic.name}, its NIC on segment ${segment}, should have ${address}/${prefixLength}: ${own ? `it has ${found}` : found}`,
            show,
            mend: [boot],
          },
        ];
      }
      return [...disturbed(scene, name, segment, nic.name, journeys), ...shortened(scene, name, segment, nic)];
    }),
  );

const disturbed = (scene: Scene, node: string, segment: string, nic: string, journeys: readonly Journey[]): Cause[] => {
  const found = saidBy(scene, node).netem.find(({ device }) => device === nic);
  if (!found) return [];
  const how = found.line.match(/(?:delay|loss|rate|corrupt|duplicate|reorder) .*$/)?.[0] ?? found.line;
  const lossy = / loss /.test(found.line);
  return [
    {
      hypothesis: 'links',
      node,
      what: `${nic}, its NIC on segment ${segment}, delays or drops what it sends: ${how}`,
      show: { node, command: `tc qdisc show dev ${nic}` },
      mend: [{ node, command: `tc qdisc del dev ${nic} root` }],
      effect: { ...losing(journeys, 'timeout'), ...(!/ loss 100%/.test(found.line) && { sometimes: true }) },
      counted: lossy,
    },
  ];
};

/** Bytes that every segment carries. */
const MTU = 1500;

const shortened = (
  scene: Scene,
  node: string,
  segment: string,
  { name, mtu }: { name: string; mtu: number },
): Cause[] => {
  if (mtu === 0 || mtu >= MTU) return [];
  const journeys = scene.journeys.filter((journey) => passes(journey, node, segment));
  return [
    {
      hypothesis: 'links',
      node,
      what: `${name}, its NIC on segment ${segment}, takes no packet over ${mtu} bytes, where its neighbours send ${MTU}`,
      show: { node, command: `ip link show ${name}` },
      mend: [{ node, command: `ip link set ${name} mtu ${MTU}` }],
      effect: journeys.length > 0 ? { checks: ['upload'] } : {},
    },
  ];
};

/** Whether packets of a journey come in or go out by the NIC of that node on that segment. */
const passes = ({ request, forwarded, reply }: Journey, node: string, segment: string): boolean =>
  [...request, forwarded, reply].some(({ stops }: Leg) =>
    stops.some(
      ({ node: name, from, out }) =>
        name === node &&
        (out?.segment === segment || (from !== undefined && 'segment' in from && from.segment === segment)),
    ),
  );

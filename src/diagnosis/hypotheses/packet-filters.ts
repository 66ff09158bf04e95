import { GUE_PORT } from '../../capture/ip.ts';
import { tunnelDevice } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import type { Journey, Leg } from '../journey.ts';
import { type Blocker, blockerOf, type FilteredPacket, ruleCommand } from '../packet-filter.ts';
import { type Hypothesis, losing, type Scene, saidBy } from '../scene.ts';

/** Rules and policies of packet filters that stop requests, replies or the tunnel, on any node of the way. */
export const packetFilters: Hypothesis = (scene) => {
  const found = new Map<string, { cause: Cause; journeys: Journey[] }>();
  for (const journey of scene.journeys)
    for (const { node, packet, what } of packetsOf(journey)) {
      const blocker = blockerOf(saidBy(scene, node), packet);
      if (!blocker) continue;
      const key = JSON.stringify([node, blocker]);
      const known = found.get(key);
      if (known) known.journeys.push(journey);
      else found.set(key, { cause: causeOf(node, blocker, what), journeys: [journey] });
    }
  return [
    ...[...found.values()].map(({ cause, journeys }) => ({
      ...cause,
      effect: losing(journeys, isRefusal(cause) ? 'refused' : 'timeout'),
    })),
    ...ofNftables(scene),
  ];
};

const isRefusal = ({ what }: Cause): boolean => / REJECT\b/.test(what) && !/icmp-host-prohibited/.test(what);

const causeOf = (node: string, blocker: Blocker, what: string): Cause => {
  if ('policy' in blocker) {
    const [, , ...rest] = blocker.policy.split(' ');
    return {
      hypothesis: 'packet-filters',
      node,
      what: `its packet filter drops ${what}: no rule lets them in, and the policy is DROP (${blocker.policy})`,
      show: { node, command: 'iptables -S' },
      mend: [{ node, command: `iptables -t ${rest[0]} -P ${rest[2]} ACCEPT` }],
      effect: {},
    };
  }
  const { rule } = blocker;
  return {
    hypothesis: 'packet-filters',
    node,
    what: `its packet filter stops ${what}: ${ruleCommand(rule, '-A')}${rule.packets > 0 ? ` (${rule.packets} packets so far)` : ''}`,
    show: { node, command: `iptables -t ${rule.table} -L ${rule.chain} -nv` },
    mend: [{ node, command: ruleCommand(rule, '-D') }],
    effect: {},
    counted: rule.packets > 0,
  };
};

interface Filtered {
  readonly node: string;
  readonly packet: FilteredPacket;
  readonly what: string;
}

/** Every packet that a journey puts before a packet filter. */
const packetsOf = ({ service, server, address, request, forwarded, reply }: Journey): Filtered[] => {
  const { protocol, port, forward } = service;
  const carrier = tunnelDevice(service) && CARRIERS[service.tunType];
  const answers = { sourcePort: forward === 'nat' ? server.port : port };
  return [
    ...request.flatMap((leg, index) =>
      ofLeg(leg, { protocol, destinationPort: port }, 'requests', index < request.length - 1),
    ),
    ...(carrier
      ? ofLeg(forwarded, carrier.packet, carrier.name)
      : ofLeg(forwarded, { protocol, destinationPort: server.port }, 'requests').map((each) =>
          forward === 'nat' ? each : { ...each, packet: { ...each.packet, source: address, destination: service.vip } },
        )),
    ...(carrier
      ? [
          {
            node: server.node,
            packet: {
              chain: 'INPUT' as const,
              protocol,
              source: address,
              destination: service.vip,
              destinationPort: port,
            },
            what: 'requests',
          },
        ]
      : []),
    ...ofLeg(reply, { protocol, ...answers }, 'replies'),
  ];
};

const CARRIERS: Readonly<
  Record<string, { packet: Pick<FilteredPacket, 'protocol' | 'destinationPort'>; name: string }>
> = {
  ipip: { packet: { protocol: 'ipip' }, name: 'the tunnel (IP protocol 4)' },
  gre: { packet: { protocol: 'gre' }, name: 'the tunnel (GRE, IP protocol 47)' },
  gue: { packet: { protocol: 'udp', destinationPort: GUE_PORT }, name: `the tunnel (GUE, UDP port ${GUE_PORT})` },
};

const ofLeg = (
  { source, destination, stops }: Leg,
  packet: Omit<FilteredPacket, 'chain' | 'source' | 'destination'>,
  what: string,
  isTranslated = false,
): Filtered[] =>
  stops.flatMap(({ node, from, out }): Filtered[] => {
    // A node that translates the address passes the packet on, by the next leg.
    if (isTranslated && !out) return [];
    const chain = from === undefined ? 'OUTPUT' : out === undefined ? 'INPUT' : 'FORWARD';
    return [{ node, packet: { chain, source, destination, ...packet }, what }];
  });

const ofNftables = (scene: Scene): Cause[] =>
  scene.lab.nodes.flatMap(({ name }) => {
    const [line] = saidBy(scene, name).nftables;
    if (line === undefined) return [];
    const journeys = scene.journeys.filter(({ request, forwarded, reply }) =>
      [...request, forwarded, reply].some(({ stops }) => stops.some(({ node }) => node === name)),
    );
    return [
      {
        hypothesis: 'packet-filters',
        node: name,
        what: `a rule of nftables may stop packets: ${line}`,
        show: { node: name, command: 'nft list ruleset' },
        mend: [{ node: name, command: 'nft flush ruleset && lab-node boot' }],
        effect: losing(journeys, 'timeout'),
      },
    ];
  });

import { type Lab, nodeOf } from '../lab/lab.ts';
import type { FaultKind } from './fault.ts';
import { nicOf } from './nic.ts';

export interface Partition {
  readonly kind: 'partition';
  readonly nodes: readonly [string, string];
}

/**
 * Two nodes do not hear each other, whichever way their packets take: each drops what comes from the other's NICs and
 * addresses, and what it would send to them. Both still reach all others.
 */
export const partition: FaultKind<Partition> = {
  kind: 'partition',
  usage: ['partition NODE NODE', 'the two do not hear each other'],
  parse({ only, node, wrong }) {
    only(2);
    const [one, other] = [node(0), node(1)];
    if (one === other) throw wrong(`${one} cannot be kept from itself`);
    return { fault: { kind: 'partition', nodes: [one, other] }, undo: false };
  },
  target: ({ nodes }) => [...nodes].sort(),
  describe: ({ nodes }) => `${nodes.join(' and ')} do not hear each other`,
  apply: async ({ lab, guest }, { nodes }) => {
    await Promise.all(
      pairs(nodes).map(async ([node, other]) => (await guest(node)).must(partitionScript(lab, node, other))),
    );
  },
  undo: async ({ guest }, { nodes }) => {
    await Promise.all(
      pairs(nodes).map(async ([node, other]) => (await guest(node)).must('nft -f -', { input: removal(other) })),
    );
  },
};

const pairs = ([one, other]: readonly [string, string]): [string, string][] => [
  [one, other],
  [other, one],
];

/** Its name holds no hyphen, which nft would take for a minus. */
const tableOf = (other: string): string => `lab_partition_${other.replaceAll('-', '_')}`;

/** Adding a table that is there is no error, and so removing one that is not there is none either. */
const removal = (other: string): string =>
  ['netdev', 'inet']
    .map((family) => `add table ${family} ${tableOf(other)}\ndelete table ${family} ${tableOf(other)}\n`)
    .join('');

/**
 * What keeps a node from another. Frames by the NIC they come from, which tells LVS-DR's apart; packets by their address,
 * which they keep through routers.
 */
export const partitionScript = (lab: Lab, node: string, other: string): string => {
  const { links } = nodeOf(lab, node);
  const far = nodeOf(lab, other).links;
  const addresses = byFamily(far.map(({ address }) => address));
  const macs = far.map(({ mac }) => mac).join(', ');
  const chains = links.map(
    (_, index) => `  chain from_nic${index} {
    type filter hook ingress device "$nic${index}" priority 0;
    ether saddr { ${macs} } drop
${addresses.map(([family, list]) => `    ${family} saddr { ${list} } drop\n`).join('')}  }
`,
  );
  return `${links.map(({ segment }, index) => `${nicOf(lab, node, segment, `nic${index}`)} &&\n`).join('')}nft -f - <<EOF
${removal(other)}table netdev ${tableOf(other)} {
${chains.join('')}}
table inet ${tableOf(other)} {
  chain to {
    type filter hook output priority 0;
${addresses.map(([family, list]) => `    ${family} daddr { ${list} } drop\n`).join('')}  }
}
EOF`;
};

/** Addresses by the word that nft has for their kind, with commas between. */
const byFamily = (addresses: readonly string[]): [string, string][] =>
  [...Map.groupBy(addresses, (address) => (address.includes(':') ? 'ip6' : 'ip'))].map(([family, each]) => [
    family,
    each.join(', '),
  ]);

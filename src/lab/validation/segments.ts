import { familyOf, formatPrefix, lastOf, overlap, type Prefix, parsePrefix } from '../addresses.ts';
import type { DraftSegment } from '../draft.ts';
import type { Survey } from '../survey.ts';

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;

const UNUSABLE: readonly [Prefix, string][] = [
  [prefix('0.0.0.0/8'), 'where no machine can have an address'],
  [prefix('127.0.0.0/8'), 'the loopback addresses, which never leave a machine'],
  [prefix('169.254.0.0/16'), 'the link-local addresses, which routers do not forward'],
  [prefix('224.0.0.0/4'), 'the multicast addresses, which no single machine can have'],
  [prefix('240.0.0.0/4'), 'which is reserved'],
  // The network through which the tool reaches each guest: QEMU's and VirtualBox's user-mode network.
  [prefix('10.0.2.0/24'), 'the management network that every machine has beside its segments'],
  [prefix('fe80::/10'), 'the link-local addresses, which every NIC has already and routers do not forward'],
  [prefix('ff00::/8'), 'the multicast addresses, which no single machine can have'],
  // RFC 4291, section 2.4: the unspecified and the loopback address, and IPv4 addresses written as IPv6.
  [prefix('::/32'), 'where no machine can have an address'],
];

const TAKEN: readonly [Prefix, string][] = [
  [prefix('192.168.121.0/24'), 'the management network of vagrant-libvirt: the lab cannot run on the libvirt provider'],
  [prefix('192.168.122.0/24'), "libvirt's default network: the lab may not run on the libvirt provider"],
];

/** Prefixes that machines can have, none within another, and a node on each. */
export const validateSegments = ({ draft, report }: Survey): void => {
  const [first] = [...draft.segments.values()].filter((segment) => segment.prefix);
  for (const { name, prefix } of draft.segments.values()) {
    if (!prefix) continue;
    const family = familyOf(prefix.network);
    const expected = `a private prefix of its own, such as ${family === 'IPv6' ? 'fd00:1::/64' : '192.168.1.0/24'}`;
    const unusable = UNUSABLE.find(([range]) => familyOf(range.network) === family && overlap(range, prefix));
    const taken = TAKEN.find(([range]) => overlap(range, prefix));
    const said = (range: Prefix) => `segment ${name} (${formatPrefix(prefix)}) overlaps ${formatPrefix(range)}`;
    if (unusable) report(['segments', name], { message: `${said(unusable[0])}, ${unusable[1]}`, expected });
    else if (taken)
      report(['segments', name], { severity: 'warning', message: `${said(taken[0])}, ${taken[1]}`, expected });
    else if (first?.prefix && familyOf(first.prefix.network) !== family)
      report(['segments', name], {
        message: `segment ${name} (${formatPrefix(prefix)}) is ${family}, and segment ${first.name} (${formatPrefix(first.prefix)}) is ${familyOf(first.prefix.network)}: the segments of a lab are of one family`,
        expected: `an ${familyOf(first.prefix.network)} prefix, or all of ${family}`,
      });
  }
  validateOverlaps(draft.segments, (later, earlier) =>
    report(['segments', later.name], {
      message: `segment ${later.name} (${formatPrefix(later.prefix)}) overlaps segment ${earlier.name} (${formatPrefix(earlier.prefix)}), so that no route can tell them apart`,
      expected: 'a prefix of its own',
    }),
  );
  validateUse({ draft, report });
};

interface Placed extends DraftSegment {
  readonly prefix: Prefix;
}

/** In the order of their first addresses, a prefix that overlaps any before it overlaps the one that reaches farthest. */
const validateOverlaps = (
  segments: ReadonlyMap<string, DraftSegment>,
  tell: (later: Placed, earlier: Placed) => void,
): void => {
  const placed = [...segments.values()].filter((segment): segment is Placed => segment.prefix !== undefined);
  const position = new Map(placed.map((segment, index) => [segment, index]));
  const sorted = placed.toSorted(
    (one, other) =>
      Number(one.prefix.network > other.prefix.network) - Number(one.prefix.network < other.prefix.network) ||
      one.prefix.length - other.prefix.length,
  );
  let farthest: Placed | undefined;
  for (const segment of sorted) {
    if (farthest && overlap(farthest.prefix, segment.prefix)) {
      const isLater = (position.get(segment) as number) > (position.get(farthest) as number);
      if (isLater) tell(segment, farthest);
      else tell(farthest, segment);
    }
    if (!farthest || lastOf(segment.prefix) > lastOf(farthest.prefix)) farthest = segment;
  }
};

const validateUse = ({ draft, report }: Pick<Survey, 'draft' | 'report'>): void => {
  const nodes = [...draft.nodes.values()];
  const linked = new Set(nodes.flatMap(({ links }) => links.map(({ segment }) => segment)));
  // A segment that a link misspells is meant to be used.
  const isClear =
    draft.whole &&
    nodes.length > 0 &&
    nodes.every(({ whole }) => whole) &&
    [...linked].every((name) => draft.segments.has(name));
  for (const { name } of isClear ? draft.segments.values() : [])
    if (!linked.has(name))
      report(['segments', name], { severity: 'warning', message: `segment ${name} has no node on it` }, 'key');
};

import { type Address, contains, familyOf, formatAddress, formatPrefix, lastOf, type Prefix } from '../addresses.ts';
import { show, showName } from '../show.ts';
import { among, type Survey } from '../survey.ts';

/** Every node on a segment, with an address of its own within the segment's prefix. */
export const validateLinks = ({ draft, report, owners, doubtful }: Survey): void => {
  for (const { name, links, whole } of draft.nodes.values()) {
    if (links.length === 0 && whole) {
      report(
        ['nodes', name, 'links'],
        {
          message: `node ${showName(name)} has no links, so that nothing can reach it`,
          expected: `a segment and an address, such as { ${[...draft.segments.keys()][0] ?? 'inside'}: 192.168.2.10 }`,
        },
        'key',
      );
      doubtful.add(name);
    }
    for (const { segment, address } of links) {
      const path = ['nodes', name, 'links', segment];
      const prefix = draft.segments.get(segment)?.prefix;
      // Without any well-formed segment, the problem is theirs.
      if (draft.segments.size > 0 && !draft.segments.has(segment))
        report(path, { message: `there is no segment ${show(segment)}`, ...among(draft.segments, segment) }, 'key');
      const misplaced = address !== undefined && prefix && whyMisplaced(prefix, address);
      if (misplaced)
        report(path, {
          message: `${formatAddress(address)} ${misplaced} segment ${segment} (${formatPrefix(prefix)})`,
          expected: range(prefix),
        });
      if (address === undefined || !prefix || misplaced) doubtful.add(name);
      const owner = address === undefined ? undefined : owners.get(address);
      if (address !== undefined && owner !== name && !misplaced)
        report(path, {
          message: `${formatAddress(address)} is the address of node ${showName(owner as string)} already`,
          expected: 'an address of its own',
        });
    }
  }
};

/** Why no machine can have the address in a segment of that prefix: the start of a clause that the segment ends. */
export const whyMisplaced = (prefix: Prefix, address: Address): string | undefined => {
  if (familyOf(address) !== familyOf(prefix.network)) return `is an ${familyOf(address)} address, which is outside`;
  if (!contains(prefix, address)) return 'is outside';
  // RFC 4291, section 2.6.1: all routers of the network have it. IPv6 has no broadcast.
  if (familyOf(prefix.network) === 'IPv6')
    return address === prefix.network ? 'is the address of the routers (subnet-router anycast) of' : undefined;
  if (address === prefix.network) return 'is the network address of';
  return address === lastOf(prefix) ? 'is the broadcast address of' : undefined;
};

export const range = (prefix: Prefix): string =>
  `an address from ${formatAddress(prefix.network + 1n)} to ${formatAddress(lastOf(prefix) - (familyOf(prefix.network) === 'IPv6' ? 0n : 1n))}`;

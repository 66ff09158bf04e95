import { nearest } from '../support/nearest.ts';
import { type Address, contains } from './addresses.ts';
import type { Draft, DraftNode, DraftReference, DraftSegment, DraftService } from './draft.ts';
import type { Node } from './lab.ts';
import type { Path } from './path.ts';
import type { Message } from './problem.ts';

/** Tells a problem of the value at the path, or of its key. */
export type Report = (path: Path, message: Message, place?: 'key') => void;

export type Gateway = NonNullable<Node['gateway']>;

/** A draft, and what its validation finds out of it as it goes: who has an address, where nodes send, what is in doubt. */
export interface Survey {
  readonly draft: Draft;
  readonly report: Report;
  /** The node that has the address; the first of several. */
  readonly owners: ReadonlyMap<Address, string>;
  readonly gateways: Map<string, Gateway>;
  /** Of each node, the next hop to segments that have one of their own. */
  readonly routes: Map<string, Map<string, Gateway>>;
  /** Nodes whose links or gateway have a problem that is told: what fails because of them is no problem of its own. */
  readonly doubtful: Set<string>;
  readonly forwards: (node: string) => boolean;
}

export const createSurvey = (draft: Draft, report: Report): Survey => {
  const owners = new Map<Address, string>();
  for (const { name, links } of draft.nodes.values())
    for (const { address } of links) if (address !== undefined && !owners.has(address)) owners.set(address, name);

  const natDirectors = new Set(
    [...draft.services.values()].filter(({ forward }) => forward === 'nat').map(({ director }) => director),
  );
  const doubtful = new Set([...draft.nodes.values()].filter(({ whole }) => !whole).map(({ name }) => name));

  return {
    draft,
    report,
    owners,
    gateways: new Map(),
    routes: new Map(),
    doubtful,
    // The director of a nat service passes replies on, so that it is a router for its real servers.
    forwards: (node) => natDirectors.has(node) || draft.nodes.get(node)?.forwarding === true,
  };
};

/** The clients that request a service: those in its sources, where it has any. */
export const clientsOf = (
  { draft }: Pick<Survey, 'draft'>,
  { sources }: Pick<DraftService, 'sources'>,
): readonly DraftReference[] =>
  sources.length === 0
    ? draft.clients
    : draft.clients.filter(({ name }) => sources.some((source) => linkTo(draft.nodes.get(name), source.name)));

/** Names of the nodes that balance a service, whether or not there are such nodes. */
export const directorsOf = ({ director, vrrpInstance }: DraftService): string[] => [
  ...new Set([
    ...(director === undefined ? [] : [director]),
    ...(vrrpInstance?.directors ?? []).map(({ name }) => name),
  ]),
];

/** The node that translates an address of its own to the VIP of a service, and that address, as the file has it. */
export const translatorOf = (
  { draft }: Pick<Survey, 'draft'>,
  { vip }: DraftService,
): { readonly node: string; readonly address: string } | undefined => {
  for (const { name, staticNat } of draft.nodes.values()) {
    const entry = staticNat.find((each) => each.private === vip);
    if (entry) return { node: name, address: entry.public };
  }
  return undefined;
};

/** The neighbour that a node sends to for a segment which it is not on. */
export const nextHop = ({ gateways, routes }: Survey, node: string, segment: string): Gateway | undefined =>
  routes.get(node)?.get(segment) ?? gateways.get(node);

export const linkTo = (node: DraftNode | undefined, segment: string) =>
  node?.links.find((link) => link.segment === segment);

/** The segment in whose prefix the address is. */
export const segmentHolding = ({ segments }: Draft, address: Address): DraftSegment | undefined =>
  [...segments.values()].find(({ prefix }) => prefix && contains(prefix, address));

/** Names for a message: the first few of them. */
export const some = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');

/** What a name that is none of these should have been. */
export const among = (named: ReadonlyMap<string, unknown>, name: string): Pick<Message, 'expected' | 'suggest'> => ({
  expected: () => {
    const names = [...named.keys()];
    return names.length > 1 ? `one of ${some(names)}` : names[0];
  },
  suggest: () => nearest(name, named.keys()),
});

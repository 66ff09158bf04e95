import { nearest } from '../../support/nearest.ts';
import { formatAddress, parseAddress, whyNotAddress } from '../addresses.ts';
import type { Draft, DraftNode } from '../draft.ts';
import type { Path } from '../path.ts';
import type { Message } from '../problem.ts';
import { show } from '../show.ts';
import { among, type Gateway, linkTo, type Survey, some } from '../survey.ts';

/** Finds the gateway of every node that names one, and the next hops of its routes: neighbours that forward. */
export const validateGateways = (survey: Survey): void => {
  const { draft, report, gateways, doubtful } = survey;
  const without: string[] = [];
  const find = (node: DraftNode, text: string, path: Path): Gateway | undefined => {
    const found = /^[\d.]+$|[:/]/.test(text) ? byAddress(survey, node, text) : byName(survey, node, text);
    if (found && 'node' in found) return found;
    without.push(node.name);
    if (found) report(path, found);
    return undefined;
  };
  for (const node of draft.nodes.values()) {
    const gateway = node.gateway === undefined ? undefined : find(node, node.gateway, ['nodes', node.name, 'gateway']);
    if (gateway) gateways.set(node.name, gateway);
    const routes = new Map<string, Gateway>();
    for (const { to, via } of node.routes) {
      const path = ['nodes', node.name, 'routes', to];
      const hop = validateDestination(survey, node, to, path) ? find(node, via, path) : undefined;
      if (hop) routes.set(to, hop);
    }
    if (routes.size > 0) survey.routes.set(node.name, routes);
  }
  // Not before: whether a node's links are in doubt decides whether it can be the gateway of others.
  for (const name of without) doubtful.add(name);
  validateForwarding(survey);
};

/** Whether a route can lead to the segment: one that there is, and that the node is not on. */
const validateDestination = ({ draft, report, doubtful }: Survey, node: DraftNode, to: string, path: Path): boolean => {
  if (!draft.segments.has(to)) {
    doubtful.add(node.name);
    if (draft.segments.size > 0)
      report(path, { message: `there is no segment ${show(to)}`, ...among(draft.segments, to) }, 'key');
    return false;
  }
  if (!linkTo(node, to)) return true;
  report(
    path,
    { message: `${node.name} is on segment ${to} itself, and needs no route there`, expected: 'a segment of others' },
    'key',
  );
  return false;
};

const validateForwarding = ({ draft, report, gateways, routes, forwards }: Survey): void => {
  const hops = [...routes].flatMap(([user, ways]) =>
    [...ways].map(([to, hop]) => ({ user, hop, key: ['routes', to] })),
  );
  const defaults = [...gateways].map(([user, hop]) => ({ user, hop, key: ['gateway'] }));
  const idle = Map.groupBy([...defaults, ...hops], ({ hop }) => hop.node);
  for (const [name, users] of idle) {
    const gateway = draft.nodes.get(name);
    if (forwards(name) || !gateway?.whole) continue;
    const names = [...new Set(users.map(({ user }) => user))];
    // On one segment it forwards nothing anywhere, so that the mistake is to use it; else it is a router that is not told so.
    if (gateway.links.length > 1)
      report(['nodes', name, 'forwarding'], {
        message: `${name} is the gateway of ${some(names)} and does not forward`,
        expected: 'forwarding: true',
      });
    else for (const { user, key } of users) report(['nodes', user, ...key], whyUseless(draft, name, user));
  }
};

const whyUseless = (draft: Draft, gateway: string, user: string): Message => {
  const message = `${gateway}, the gateway of ${user}, is on one segment only and forwards nothing`;
  const node = draft.nodes.get(user) as DraftNode;
  return draft.segments.size > 1
    ? { message, expected: neighbourly(draft, node, ({ forwarding }) => forwarding === true) }
    : { message, severity: 'warning', expected: 'no gateway: there is no other segment' };
};

/** A gateway, a problem, or nothing where a problem that is told already hides it. */
type Found = Gateway | Message | undefined;

const byName = ({ draft, doubtful }: Survey, node: DraftNode, name: string): Found => {
  if (name === node.name) return { message: `node ${name} is its own gateway`, expected: neighbourly(draft, node) };
  const other = draft.nodes.get(name);
  if (!other) {
    const kind = draft.segments.has(name) ? 'a segment' : draft.services.has(name) ? 'a service' : undefined;
    return {
      message: kind ? `${name} is ${kind}, and a gateway is a node` : `there is no node ${show(name)}`,
      expected: neighbourly(draft, node),
      suggest: () => nearest(name, neighboursOf(draft, node)) ?? nearest(name, draft.nodes.keys()),
    };
  }
  const shared = node.links.find(({ segment }) => linkTo(other, segment));
  const address = linkTo(other, shared?.segment ?? '')?.address;
  if (shared && address !== undefined) return { node: name, address: formatAddress(address), segment: shared.segment };
  if (shared || doubtful.has(node.name) || doubtful.has(name)) return undefined;
  return {
    message: `the gateway ${name} is on no segment of ${node.name}, so that no packet gets to it`,
    expected: neighbourly(draft, node),
  };
};

const byAddress = ({ draft, owners, doubtful }: Survey, node: DraftNode, text: string): Found => {
  const address = parseAddress(text);
  if (address === undefined)
    return { message: `${show(text)} ${whyNotAddress(text)}`, expected: neighbourly(draft, node) };
  const owner = owners.get(address);
  if (owner === node.name)
    return {
      message: `${text} is ${node.name} itself, which cannot be its own gateway`,
      expected: neighbourly(draft, node),
    };
  // The address may be one that is not well-formed yet.
  if (owner === undefined)
    return doubtful.size > 0
      ? undefined
      : { message: `no node has the address ${text}`, expected: neighbourly(draft, node) };
  const segment = draft.nodes.get(owner)?.links.find((link) => link.address === address)?.segment ?? '';
  if (linkTo(node, segment)) return { node: owner, address: formatAddress(address), segment };
  if (doubtful.has(node.name) || doubtful.has(owner)) return undefined;
  return {
    message: `${text} is ${owner} in segment ${segment}, where ${node.name} is not, so that no packet gets to it`,
    expected: neighbourly(draft, node),
  };
};

const neighbourly =
  (draft: Draft, node: DraftNode, fits: (other: DraftNode) => boolean = () => true): (() => string | undefined) =>
  () => {
    const neighbours = neighboursOf(draft, node).filter((name) => fits(draft.nodes.get(name) as DraftNode));
    return neighbours.length > 0 ? `a node on a segment of ${node.name}: ${some(neighbours)}` : undefined;
  };

/** Nodes on the segments of the node, those that forward first. */
const neighboursOf = (draft: Draft, node: DraftNode): string[] => {
  const others = [...draft.nodes.values()].filter(
    (other) => other !== node && node.links.some(({ segment }) => linkTo(other, segment)),
  );
  return others
    .sort((one, other) => Number(other.forwarding ?? false) - Number(one.forwarding ?? false))
    .map(({ name }) => name);
};

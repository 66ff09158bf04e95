import { MAX_HOPS } from './limits.ts';
import { linkTo, nextHop, type Survey } from './survey.ts';
import { type HopOf, type Step, type Way, wayOf } from './way.ts';

/** What becomes of packets that a node sends to a segment. */
export type Route =
  /** They arrive; `via` forwards them first, unless the sender is on the segment itself. */
  | { readonly arrives: true; readonly via?: string; readonly hops: number }
  /** They do not, and why: a clause. */
  | { readonly arrives: false; readonly why: string }
  /** Something on the way has a problem that is told already. */
  | { readonly arrives: 'unknown' };

export type Routes = (from: string, segment: string) => Route;

const UNKNOWN: Route = { arrives: 'unknown' };

/**
 * How packets travel when every node delivers to the segments it is on, and sends all else by its routes or to its
 * gateway: what Linux does with the routes that a lab gets. Each pair of node and segment is worked out once.
 */
export const createRoutes = (survey: Survey): Routes => {
  const { draft, doubtful, forwards } = survey;
  const known = new Map<string, Map<string, Route>>();

  const lastOf = ({ steps, outcome, last }: Way, segment: string): Route => {
    if (outcome === 'delivered') return { arrives: true, hops: 0 };
    if (outcome === 'circle') return { arrives: false, why: circle(steps, last, segment) };
    if (doubtful.has(last)) return UNKNOWN;
    return { arrives: false, why: `${last} is not in segment ${segment} and has no gateway` };
  };

  const before = (node: string, via: string, rest: Route): Route => {
    if (rest.arrives !== true) return rest.arrives === false && doubtful.has(node) ? UNKNOWN : rest;
    // The validation of gateways tells of one that does not forward.
    if (!forwards(via)) return UNKNOWN;
    if (rest.hops + 1 >= MAX_HOPS)
      return { arrives: false, why: `the way is longer than ${MAX_HOPS} hops, where packets expire` };
    return { arrives: true, via, hops: rest.hops + 1 };
  };

  return (from, segment) => {
    const routes = known.get(segment) ?? new Map<string, Route>();
    known.set(segment, routes);
    const hopOf: HopOf = (node) =>
      linkTo(draft.nodes.get(node), segment) ? { segment } : nextHop(survey, node, segment);
    const way = wayOf(from, hopOf, (node) => routes.has(node));
    let route = routes.get(way.last) ?? lastOf(way, segment);
    routes.set(way.last, route);
    for (const { node, hop } of way.steps.toReversed()) {
      if (hop.node === undefined) continue;
      route = before(node, hop.node, route);
      routes.set(node, route);
    }
    return route;
  };
};

const circle = (steps: readonly Step[], node: string, segment: string): string => {
  const nodes = steps.map((step) => step.node);
  return `the gateways run in a circle (${[...nodes.slice(nodes.indexOf(node)), node].join(' → ')}) that segment ${segment} is not on`;
};

/** The nodes that forward what `from` sends to the segment, in order; none when it does not arrive. */
export const forwarders = (routes: Routes, from: string, segment: string): string[] => {
  const nodes: string[] = [];
  for (
    let route = routes(from, segment);
    route.arrives === true && route.via !== undefined;
    route = routes(route.via, segment)
  )
    nodes.push(route.via);
  return nodes;
};

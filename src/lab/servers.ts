import type { Address } from './addresses.ts';
import type { DraftNode, DraftService } from './draft.ts';
import type { Routes } from './routing.ts';
import { linkTo, type Survey, segmentHolding } from './survey.ts';
import { upstreamOf } from './tiers.ts';

/** The link of a real server that the director sends to. */
export interface ServerLink {
  readonly segment: string;
  readonly address: Address;
}

/** The segment whose prefix holds the VIP, if there is one. */
export const segmentOf = ({ draft }: Pick<Survey, 'draft'>, { vip }: DraftService): string | undefined =>
  vip === undefined ? undefined : segmentHolding(draft, vip)?.name;

/**
 * Which of its addresses is the RIP of a node: on the segment of the VIP if the director announces it there, else the first
 * on one of the director's segments, else the first that the director has a route to.
 */
export const serverLink = (
  survey: Survey,
  routes: Routes,
  service: DraftService,
  server: DraftNode,
): ServerLink | undefined => {
  const director = survey.draft.nodes.get(service.director ?? '');
  if (!director) return undefined;
  const links = server.links.filter((link): link is ServerLink => link.address !== undefined);
  const vipSegment = upstreamOf(survey, service) ? undefined : segmentOf(survey, service);
  const near = links.filter(({ segment }) => linkTo(director, segment));
  return (
    near.find(({ segment }) => segment === vipSegment) ??
    near[0] ??
    links.find(({ segment }) => routes(director.name, segment).arrives === true)
  );
};

/** Which of its addresses real servers know a server behind them by: the one that the first of them would be sent to. */
export const backendLink = (
  survey: Survey,
  routes: Routes,
  service: DraftService,
  backend: string,
): ServerLink | undefined => {
  const node = survey.draft.nodes.get(backend);
  return node && serverLink(survey, routes, { ...service, director: service.realServers[0]?.name }, node);
};

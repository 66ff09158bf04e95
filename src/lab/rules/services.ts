import { formatAddress } from '../addresses.ts';
import type { DraftReference, DraftService } from '../draft.ts';
import { among, linkTo, type Scene, segmentHolding } from '../scene.ts';
import { show, showName } from '../show.ts';
import { range, whyMisplaced } from './links.ts';

/** Each service on its own and beside the others: its VIP, its director, its real servers by name, port and weight. */
export const judgeServices = (scene: Scene): void => {
  for (const service of scene.draft.services.values()) {
    judgeDirector(scene, service);
    judgeVip(scene, service);
    judgeRealServers(scene, service);
    judgePorts(scene, service);
    judgeWeights(scene, service);
  }
  judgeUniqueness(scene);
};

/** Whether the reference names a node; a problem when it does not. */
export const judgeNodeName = (
  { draft, report }: Pick<Scene, 'draft' | 'report'>,
  { name, path }: DraftReference,
): boolean => {
  if (draft.nodes.has(name)) return true;
  // Without any well-formed node, the problem is theirs.
  if (draft.nodes.size > 0) report(path, { message: `there is no node ${show(name)}`, ...among(draft.nodes, name) });
  return false;
};

const judgeDirector = (scene: Scene, { name, director, forward }: DraftService): void => {
  if (director === undefined || !judgeNodeName(scene, { name: director, path: ['services', name, 'director'] })) return;
  if (forward === 'nat' && scene.draft.nodes.get(director)?.forwarding === false)
    scene.report(['nodes', director, 'forwarding'], {
      message: `${director} directs the nat service ${showName(name)} and must forward: the replies of the real servers pass through it`,
      expected: 'forwarding: true, or no such key',
    });
};

const judgeVip = (
  { draft, report, owners, doubtful }: Scene,
  { name, vip, director: directorName }: DraftService,
): void => {
  if (vip === undefined) return;
  const director = draft.nodes.get(directorName ?? '');
  const own = (director?.links ?? []).flatMap(({ segment }) => draft.segments.get(segment)?.prefix ?? []);
  const expected = own[0] ? `${range(own[0])} that no node has` : 'a free address in a segment of the director';
  const tell = (message: string) => report(['services', name, 'vip'], { message, expected });
  const text = formatAddress(vip);
  const owner = owners.get(vip);
  const segment = segmentHolding(draft, vip);
  const misplaced = segment?.prefix && whyMisplaced(segment.prefix, vip);

  if (owner !== undefined)
    tell(`the VIP ${text} is the address of node ${showName(owner)} already; a VIP belongs to the service`);
  else if (misplaced) tell(`the VIP ${text} ${misplaced} segment ${segment.name}`);
  // A segment whose prefix is not well-formed may be the one that is meant.
  else if (!segment && draft.segments.size > 0 && [...draft.segments.values()].every(({ prefix }) => prefix))
    tell(`the VIP ${text} is in no segment, so that no machine would look for it on its own network`);
  else if (segment && director && !linkTo(director, segment.name) && !doubtful.has(director.name))
    tell(`the VIP ${text} is in segment ${segment.name}, where ${director.name} has no link to answer ARP for it`);
};

const judgeRealServers = (scene: Scene, { name, director, realServers }: DraftService): void => {
  const seen = new Set<string>();
  for (const server of realServers) {
    if (!judgeNodeName(scene, server)) continue;
    if (server.name === director)
      scene.report(server.path, {
        message: `${server.name} is the director of ${showName(name)} and cannot be a real server of it: IPVS hands over to its own machine without forwarding`,
        expected: 'a node that does not balance this service',
      });
    if (seen.has(server.name))
      scene.report(server.path, {
        message: `${server.name} is a real server of ${showName(name)} already`,
        expected: 'each node once; a weight gives it more',
      });
    seen.add(server.name);
  }
};

const WHY_ONE_PORT = {
  tun: 'tun wraps the packet and leaves its port alone',
  dr: 'dr changes the MAC address only and leaves the port alone',
};

const judgePorts = ({ report }: Scene, { port, forward, realServers }: DraftService): void => {
  if (port === undefined || forward === undefined || forward === 'nat') return;
  for (const { name, path, port: own } of realServers)
    if (own !== undefined && own !== port)
      report([...path, 'port'], {
        message: `${showName(name)} cannot serve port ${port} on its port ${own}: ${WHY_ONE_PORT[forward]}`,
        expected: `port ${port}, or forward: nat`,
      });
};

/** Their round goes on whatever the weights are. */
const BLIND = ['rr', 'lc', 'dh'];

const judgeWeights = ({ report }: Scene, { name, scheduler, realServers }: DraftService): void => {
  if (scheduler === undefined || !BLIND.includes(scheduler)) return;
  const weights = new Set(realServers.map(({ weight = 1 }) => weight).filter((weight) => weight > 0));
  if (weights.size > 1)
    report(['services', name, 'scheduler'], {
      severity: 'warning',
      message: `the scheduler ${scheduler} pays no heed to weights`,
      expected: `w${scheduler === 'dh' ? 'rr' : scheduler} for shares by weight`,
    });
};

const judgeUniqueness = ({ draft, report }: Scene): void => {
  const byVip = new Map<number, DraftService>();
  const bySocket = new Map<string, DraftService>();
  for (const service of draft.services.values()) {
    const { name, vip, port, director } = service;
    if (vip === undefined) continue;
    const socket = `${formatAddress(vip)}:${port}`;
    const same = port === undefined ? undefined : bySocket.get(socket);
    const first = byVip.get(vip);
    if (same)
      report(['services', name, 'port'], {
        message: `${socket} is service ${showName(same.name)} already`,
        expected: 'a port or VIP of its own',
      });
    else if (first?.director !== undefined && director !== undefined && first.director !== director)
      report(['services', name, 'director'], {
        message: `the VIP ${formatAddress(vip)} is on ${first.director} already, for service ${showName(first.name)}, and only one node can answer ARP for it`,
        expected: `${first.director}, or another VIP`,
      });
    bySocket.set(socket, same ?? service);
    byVip.set(vip, first ?? service);
  }
};

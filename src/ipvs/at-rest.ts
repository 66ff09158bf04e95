import type { LabAccess } from '../guest/access.ts';
import { until } from '../guest/until.ts';
import { directorsOf, type Lab, type Service } from '../lab/lab.ts';
import { hasServer } from './ipvsadm.ts';
import { hasVip, lacksVip } from './vip.ts';

/** Seconds in which a director finds real servers well that are, and directors agree on who has the VIP. */
const BUDGET = 30;
/** Where looks take long, it has more: the host is busy. */
const LOOKS = 20;

/**
 * Waits until a director has seen that all machines are well. It asks them at intervals, so this is seconds after the last
 * one was ready, and a request before goes to those real servers only that it has seen.
 * @param condition the director's own, of {@link restConditions}
 * @returns whether it came to that, in 30 s or, on a busy host, a few times as long
 */
export const comesToRest = (access: LabAccess, director: string, condition: string): Promise<boolean> =>
  until(access, director, condition, BUDGET, LOOKS);

/**
 * By director that looks after its table (keepalived does, or the agent that sets weights), the shell condition that holds
 * on it once it has done what it does when all machines are well: every real server is in the table, with the weight of an
 * idle one, and the VIP is with the director that it belongs to.
 */
export const restConditions = ({ services }: Lab): ReadonlyMap<string, string> => {
  const conditions = new Map<string, string[]>();
  for (const service of services.filter(({ healthCheck, dynamicWeight }) => healthCheck || dynamicWeight))
    for (const node of directorsOf(service))
      conditions.set(node, [...(conditions.get(node) ?? []), ...hasAllServers(service), ...vipIsRight(service, node)]);
  return new Map([...conditions].map(([node, all]) => [node, `{ ${all.join(' && ')}; }`]));
};

/** A weight that was changed by hand stays as it is where nobody sets it: it is not waited for there. */
const hasAllServers = (service: Service): string[] =>
  service.realServers.map((server) => hasServer(service, server, service.dynamicWeight && server.weight));

const vipIsRight = (service: Service, node: string): string[] => {
  if (!service.vrrp) return [];
  return [node === service.director ? hasVip(service) : lacksVip(service)];
};

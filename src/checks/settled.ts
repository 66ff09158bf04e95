import { directorsOf, type Lab, type Service } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { serviceOption } from './ipvsadm.ts';
import { hasVip, lacksVip } from './vip-place.ts';

/**
 * By director whose table keepalived makes, the shell condition that holds on it once keepalived has done what it does
 * when all machines are well: every real server is in the table, and the VIP is with the director that it belongs to.
 */
export const settledConditions = ({ services }: Lab): ReadonlyMap<string, string> => {
  const conditions = new Map<string, string[]>();
  for (const service of services.filter(({ healthCheck }) => healthCheck))
    for (const node of directorsOf(service))
      conditions.set(node, [...(conditions.get(node) ?? []), hasAllServers(service), ...vipIsRight(service, node)]);
  return new Map([...conditions].map(([node, all]) => [node, `{ ${all.join(' && ')}; }`]));
};

const hasAllServers = (service: Service): string => {
  const line = shellQuote(`-a ${serviceOption(service)} `);
  return `[ "$(ipvsadm --save --numeric | grep -cF -- ${line})" -ge ${service.realServers.length} ]`;
};

const vipIsRight = (service: Service, node: string): string[] => {
  if (!service.vrrp) return [];
  return [node === service.director ? hasVip(service) : lacksVip(service)];
};

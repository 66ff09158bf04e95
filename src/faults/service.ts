import type { Family } from '../images/families.ts';
import { KEEPALIVED } from '../ipvs/keepalived.ts';
import { type Lab, nodeOf } from '../lab/lab.ts';
import { serverUnit } from '../provision/server-unit.ts';
import { shellQuote } from '../support/shell.ts';
import type { Fault, FaultActions } from './fault.ts';

/** A program of a node is stopped, as an administrator stops it: its machine answers, and says that nobody listens. */
export const service: FaultActions<Extract<Fault, { kind: 'service' }>> = {
  describe: ({ node, units }) => `${units.join(', ')} of ${node} ${units.length === 1 ? 'is' : 'are'} stopped`,
  apply: async ({ guest }, { node, units }) => {
    await (await guest(node)).must(`systemctl stop ${units.map(shellQuote).join(' ')}`);
  },
  undo: async ({ guest }, { node, units }) => {
    await (await guest(node)).must(`systemctl start ${units.map(shellQuote).join(' ')}`);
  },
};

/** The units that do a node's work for the lab's services: web and DNS servers, and keepalived; none on other nodes. */
export const unitsOf = (lab: Lab, node: string, family: Family): string[] => {
  const { name } = nodeOf(lab, node);
  const serves = lab.services.filter(({ realServers }) => realServers.some((server) => server.node === name));
  const directs = lab.services.filter(({ director, healthCheck }) => director === name && healthCheck);
  return [...new Set([...serves.map((each) => serverUnit(each, each.port, family)), ...directs.map(() => KEEPALIVED)])];
};

import type { Family } from '../images/families.ts';
import { KEEPALIVED } from '../ipvs/keepalived.ts';
import { type Lab, nodeOf } from '../lab/lab.ts';
import { serverUnit } from '../provision/server-unit.ts';
import { shellQuote } from '../support/shell.ts';
import type { FaultKind } from './fault.ts';
import type { FaultWords } from './words.ts';

export interface ServiceStop {
  readonly kind: 'service';
  readonly node: string;
  readonly units: readonly string[];
}

/** A program of a node is stopped, as an administrator stops it: its machine answers, and says that nobody listens. */
export const service: FaultKind<ServiceStop> = {
  kind: 'service',
  usage: ['service NODE stop|start', 'its web or DNS server, or keepalived'],
  options: [{ name: 'unit', value: 'unit', help: 'the unit of systemd' }],
  parse(words) {
    words.only(2);
    const node = words.node(0);
    const undo = words.undoes(1, 'stop', 'start');
    return { fault: { kind: 'service', node, units: unitsFor(words, node) }, undo };
  },
  target: ({ node, units }) => [node, ...units],
  describe: ({ node, units }) => `${units.join(', ')} of ${node} ${units.length === 1 ? 'is' : 'are'} stopped`,
  apply: async ({ guest }, { node, units }) => {
    await (await guest(node)).must(`systemctl stop ${units.map(shellQuote).join(' ')}`);
  },
  undo: async ({ guest }, { node, units }) => {
    await (await guest(node)).must(`systemctl start ${units.map(shellQuote).join(' ')}`);
  },
};

const UNIT = /^[A-Za-z0-9][A-Za-z0-9:_.@-]{0,200}$/;

const unitsFor = ({ lab, family, options: { unit }, wrong }: FaultWords, node: string): string[] => {
  if (unit === undefined) {
    const units = unitsOf(lab, node, family);
    if (units.length > 0) return units;
    throw wrong(`${node} runs nothing for the lab's services; name a unit of systemd with --unit`);
  }
  if (UNIT.test(String(unit))) return [String(unit)];
  throw wrong(`${String(unit)} cannot be a unit of systemd`);
};

/** The units that do a node's work for the lab's services: web and DNS servers, and keepalived; none on other nodes. */
const unitsOf = (lab: Lab, node: string, family: Family): string[] => {
  const { name } = nodeOf(lab, node);
  const serves = lab.services.filter(({ realServers }) => realServers.some((server) => server.node === name));
  const directs = lab.services.filter(({ director, healthCheck }) => director === name && healthCheck);
  return [...new Set([...serves.map((each) => serverUnit(each, each.port, family)), ...directs.map(() => KEEPALIVED)])];
};

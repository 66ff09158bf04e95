import { textOf } from '../../ipvs/endpoint.ts';
import {
  addService,
  deleteServer,
  editService,
  LIST,
  METHOD_FLAGS,
  METHOD_WORDS,
  serverEndpoint,
  serviceOption,
  setServer,
} from '../../ipvs/ipvsadm.ts';
import { RESTART_KEEPALIVED } from '../../ipvs/keepalived.ts';
import {
  serverIn,
  serversIn,
  serviceIn,
  servicesOf,
  type Table,
  type TableServer,
  type TableService,
} from '../../ipvs/table.ts';
import type { ForwardingMethod, RealServer, Service } from '../../lab/lab.ts';
import type { Cause, Effect } from '../cause.ts';
import { type Hypothesis, saidBy, spoke } from '../scene.ts';

/** The director's table of IPVS where it is not what the lab file says: line by line, each by what it does to requests. */
export const table: Hypothesis = (scene) =>
  scene.lab.services.flatMap((service): Cause[] => {
    const said = saidBy(scene, service.director);
    if (!spoke(said)) return [];
    const found = serviceIn(said.table, service);
    if (found === undefined) return [missingService(service, said.table)];
    const servers = serversIn(said.table, service);
    return [
      ...service.realServers.flatMap((server) => judgeServer(service, server, servers)),
      ...strangers(service, servers),
      ...judgeService(service, found),
    ];
  });

const cause = (service: Service, what: string, mend: string, effect: Effect): Cause => ({
  hypothesis: 'table',
  node: service.director,
  what,
  show: { node: service.director, command: LIST },
  mend: [{ node: service.director, command: mend }],
  effect,
});

const missingService = (service: Service, table: Table): Cause => {
  const other = servicesOf(table).find(({ endpoint }) => !service.fwmark && endpoint?.address === service.vip);
  const instead = other === undefined ? '' : `; it has ${other.service}`;
  const nothing = table.every(({ kind }) => kind === 'unread')
    ? 'its table is empty'
    : `its table has no service ${serviceOption(service)}${instead}`;
  return cause(service, nothing, 'lab-node boot', {
    lost: service.realServers.map(({ node }) => node),
    how: 'refused',
    checks: ['rules'],
  });
};

/** What IPVS does with a server, in both of ipvsadm's words. */
const told = (method: ForwardingMethod): string => `${METHOD_WORDS[method]} (${METHOD_FLAGS[method]})`;

const isAt = ({ address }: RealServer, { endpoint }: TableServer): boolean => endpoint.address === address;

const judgeServer = (service: Service, server: RealServer, servers: readonly TableServer[]): Cause[] => {
  const address = textOf(serverEndpoint(service, server));
  const found = serverIn(servers, service, server);
  const { node } = server;
  const add = setServer('add', service, server);
  const turns: Effect = { turns: true, checks: ['rules'] };
  if (found === undefined) {
    if (server.weight === 0) return [];
    const misplaced = servers.find((each) => isAt(server, each));
    if (misplaced) {
      return [
        cause(
          service,
          `its table has ${node} with the wrong port: ${textOf(misplaced.endpoint)}, not ${address}`,
          `${deleteServer(service, misplaced.endpoint)} && ${add}`,
          { lost: [node], how: 'refused', checks: ['rules'] },
        ),
      ];
    }
    const isLast = missingFrom(service, servers).length === service.realServers.length;
    return [
      cause(
        service,
        `its table lacks ${node} (${address}) for ${serviceOption(service)}`,
        service.healthCheck ? RESTART_KEEPALIVED : add,
        isLast ? { lost: service.realServers.map((each) => each.node), how: 'refused', checks: ['rules'] } : turns,
      ),
    ];
  }
  const causes: Cause[] = [];
  const edit = setServer('edit', service, server);
  const { weight, method, tunType } = found;
  if (weight !== server.weight) {
    const alone = servers.every((each) => each.weight === 0);
    const everybody = service.realServers.map((each) => each.node);
    causes.push(
      cause(
        service,
        `${node} has the weight ${weight} in its table, not ${server.weight}${weight === 0 ? ': it gets no new connections' : ''}`,
        edit,
        alone ? { lost: everybody, how: 'refused', checks: ['rules'] } : turns,
      ),
    );
  }
  if (method !== service.forward)
    causes.push(
      cause(
        service,
        `it forwards to ${node} by ${told(method)}, not by ${told(service.forward)}`,
        edit,
        otherMethod(service, node, method),
      ),
    );
  else if (service.forward === 'tun' && tunType !== service.tunType)
    causes.push(
      cause(service, `it wraps requests to ${node} in ${tunType}, not in ${service.tunType}`, edit, {
        lost: [node],
        checks: ['encapsulated', 'rules'],
      }),
    );
  return causes;
};

/** A server set up for a tunnel takes frames for the VIP as well; one for NAT has no VIP; what is rewritten, only NAT takes back. */
const otherMethod = (service: Service, node: string, method: ForwardingMethod): Effect => {
  if (method === 'nat' || service.forward === 'nat') return { lost: [node], how: 'timeout', checks: ['rules'] };
  if (service.forward === 'tun') return { checks: ['encapsulated', 'rules'] };
  // By direct routing a server has no tunnel, unless somebody made one.
  return { lost: [node], how: 'refused', checks: ['mac-rewrite', 'rules'] };
};

const strangers = (service: Service, servers: readonly TableServer[]): Cause[] =>
  servers
    .filter((each) => !service.realServers.some((server) => isAt(server, each)))
    .map(({ endpoint }) =>
      cause(
        service,
        `its table has a real server that the lab file does not have: ${textOf(endpoint)}`,
        deleteServer(service, endpoint),
        // Whoever it is instead of gets nothing, and what is sent there is lost.
        { lost: missingFrom(service, servers), how: 'timeout', sometimes: true, checks: ['rules'] },
      ),
    );

const missingFrom = (service: Service, servers: readonly TableServer[]): string[] =>
  service.realServers.filter((server) => !servers.some((each) => isAt(server, each))).map(({ node }) => node);

const judgeService = (service: Service, { line, scheduler, flags, persistent, ops }: TableService): Cause[] => {
  if (line === addService(service)) return [];
  const turns: Effect = { turns: true, checks: ['rules'] };
  const mend = editService(service);
  if (scheduler !== service.scheduler)
    return [
      cause(
        service,
        `its scheduler for ${serviceOption(service)} is ${scheduler}, not ${service.scheduler}`,
        mend,
        turns,
      ),
    ];
  if (persistent !== undefined)
    return [
      cause(
        service,
        `${serviceOption(service)} is persistent (${persistent} s): a client stays with the real server that it got first`,
        mend,
        turns,
      ),
    ];
  if (ops !== service.ops)
    return [
      cause(
        service,
        service.ops
          ? `${serviceOption(service)} is without one-packet scheduling (-o)`
          : `${serviceOption(service)} has one-packet scheduling (-o), which it should not have`,
        mend,
        turns,
      ),
    ];
  return [
    cause(
      service,
      `the flags of its scheduler for ${serviceOption(service)} are ${flags.join(',') || 'none'}, not ${service.schedulerFlags.join(',') || 'none'}`,
      mend,
      turns,
    ),
  ];
};

import { addService, canonical, methodOption, serverOption, serviceOption } from '../../ipvs/ipvsadm.ts';
import { endpointOf } from '../../lab/addresses.ts';
import type { RealServer, Service } from '../../lab/lab.ts';
import type { Cause, Effect } from '../cause.ts';
import { type Hypothesis, saidBy, spoke } from '../scene.ts';

/** The director's table of IPVS where it is not what the lab file says: line by line, each by what it does to requests. */
export const table: Hypothesis = (scene) =>
  scene.lab.services.flatMap((service): Cause[] => {
    const said = saidBy(scene, service.director);
    if (!spoke(said)) return [];
    const lines = said.table.map(canonical);
    const found = lines.find((line) => line.startsWith('-A ') && isOf(line, service));
    if (found === undefined) return [missingService(service, lines)];
    const servers = lines.filter((line) => line.startsWith('-a ') && isOf(line, service));
    return [
      ...service.realServers.flatMap((server) => judgeServer(service, server, servers)),
      ...strangers(service, servers),
      ...judgeService(service, found),
    ];
  });

/** `-t 192.168.2.100:80`, which stands second in each line. */
const isOf = (line: string, service: Service): boolean => `${line} `.includes(` ${serviceOption(service)} `);

const cause = (service: Service, what: string, mend: string, effect: Effect): Cause => ({
  hypothesis: 'table',
  node: service.director,
  what,
  show: { node: service.director, command: 'ipvsadm -ln' },
  mend: [{ node: service.director, command: mend }],
  effect,
});

const missingService = (service: Service, lines: readonly string[]): Cause => {
  const other = lines.find(
    (line) => line.startsWith('-A ') && !service.fwmark && line.split(' ')[2]?.startsWith(beforePort(service.vip)),
  );
  const instead = other === undefined ? '' : `; it has ${other.split(' ').slice(1, 3).join(' ')}`;
  const nothing =
    lines.length === 0 ? 'its table is empty' : `its table has no service ${serviceOption(service)}${instead}`;
  return cause(service, nothing, 'lab-node boot', {
    lost: service.realServers.map(({ node }) => node),
    how: 'refused',
    checks: ['rules'],
  });
};

/** What an endpoint of the address begins with: `192.168.2.100:`, `[fd00::100]:`. */
const beforePort = (address: string): string => endpointOf(address, 0).slice(0, -1);

const option = (line: string, name: string): string | undefined => {
  const words = line.split(' ');
  const index = words.indexOf(name);
  return index < 0 ? undefined : words[index + 1];
};

/** What IPVS does with a server, as `ipvsadm --save` has it. */
const METHODS: Readonly<Record<string, string>> = { '-i': 'Tunnel', '-g': 'Route', '-m': 'Masq' };
const methodOf = (line: string): string => line.split(' ').find((word) => word in METHODS) ?? '-g';
const tunnelOf = (line: string): string => option(line, '--tun-type') ?? 'ipip';

const judgeServer = (service: Service, server: RealServer, lines: readonly string[]): Cause[] => {
  const address = endpointOf(server.address, service.fwmark ? 0 : server.port);
  const line = lines.find((each) => option(each, '-r') === address);
  const { node } = server;
  const full = `${serverOption(service, server)} ${methodOption(service)} -w ${server.weight}`;
  const turns: Effect = { turns: true, checks: ['rules'] };
  if (line === undefined) {
    if (server.weight === 0) return [];
    const misplaced = lines.find((each) => option(each, '-r')?.startsWith(beforePort(server.address)));
    if (misplaced) {
      const port = option(misplaced, '-r');
      return [
        cause(
          service,
          `its table has ${node} with the wrong port: ${port}, not ${address}`,
          `ipvsadm -d ${serviceOption(service)} -r ${port} && ipvsadm -a ${full}`,
          { lost: [node], how: 'refused', checks: ['rules'] },
        ),
      ];
    }
    const isLast = service.realServers.every(
      (each) => !lines.some((one) => option(one, '-r')?.startsWith(beforePort(each.address))),
    );
    return [
      cause(
        service,
        `its table lacks ${node} (${address}) for ${serviceOption(service)}`,
        service.healthCheck ? 'systemctl restart keepalived' : `ipvsadm -a ${full}`,
        isLast ? { lost: service.realServers.map((each) => each.node), how: 'refused', checks: ['rules'] } : turns,
      ),
    ];
  }
  const causes: Cause[] = [];
  const edit = `ipvsadm -e ${full}`;
  const weight = Number(option(line, '-w') ?? 1);
  if (weight !== server.weight) {
    const alone = lines.every((each) => Number(option(each, '-w') ?? 1) === 0);
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
  const [method = '-g'] = methodOption(service).split(' ');
  if (methodOf(line) !== method)
    causes.push(
      cause(
        service,
        `it forwards to ${node} by ${METHODS[methodOf(line)]} (${methodOf(line)}), not by ${METHODS[method]} (${method})`,
        edit,
        otherMethod(service, node, methodOf(line)),
      ),
    );
  else if (service.forward === 'tun' && tunnelOf(line) !== service.tunType)
    causes.push(
      cause(service, `it wraps requests to ${node} in ${tunnelOf(line)}, not in ${service.tunType}`, edit, {
        lost: [node],
        checks: ['encapsulated', 'rules'],
      }),
    );
  return causes;
};

/** A server set up for a tunnel takes frames for the VIP as well; one for NAT has no VIP; what is rewritten, only NAT takes back. */
const otherMethod = (service: Service, node: string, method: string): Effect => {
  if (method === '-m' || service.forward === 'nat') return { lost: [node], how: 'timeout', checks: ['rules'] };
  if (service.forward === 'tun') return { checks: ['encapsulated', 'rules'] };
  // By direct routing a server has no tunnel, unless somebody made one.
  return { lost: [node], how: 'refused', checks: ['mac-rewrite', 'rules'] };
};

const strangers = (service: Service, lines: readonly string[]): Cause[] =>
  lines
    .filter((line) => !service.realServers.some((server) => option(line, '-r')?.startsWith(beforePort(server.address))))
    .map((line) => {
      const address = option(line, '-r') ?? '';
      return cause(
        service,
        `its table has a real server that the lab file does not have: ${address}`,
        `ipvsadm -d ${serviceOption(service)} -r ${address}`,
        // Whoever it is instead of gets nothing, and what is sent there is lost.
        { lost: missingFrom(service, lines), how: 'timeout', sometimes: true, checks: ['rules'] },
      );
    });

const missingFrom = (service: Service, lines: readonly string[]): string[] =>
  service.realServers
    .filter(({ address }) => !lines.some((line) => option(line, '-r')?.startsWith(beforePort(address))))
    .map(({ node }) => node);

const judgeService = (service: Service, line: string): Cause[] => {
  const wanted = addService(service);
  if (line === wanted) return [];
  const turns: Effect = { turns: true, checks: ['rules'] };
  const mend = wanted.replace(/^-A/, 'ipvsadm -E');
  const scheduler = option(line, '-s') ?? '';
  const flags = option(line, '-b') ?? '';
  const persistent = option(line, '-p');
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
  if (line.split(' ').includes('-o') !== service.ops)
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
      `the flags of its scheduler for ${serviceOption(service)} are ${flags || 'none'}, not ${service.schedulerFlags.join(',') || 'none'}`,
      mend,
      turns,
    ),
  ];
};

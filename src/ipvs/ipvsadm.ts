import { GUE_PORT } from '../capture/ip.ts';
import { endpointOf } from '../lab/addresses.ts';
import { type ForwardingMethod, probeMark, type RealServer, type Service } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { type Endpoint, textOf } from './endpoint.ts';

/** What prints a table as lines that make it: `table.ts` reads them. */
export const SAVE = 'ipvsadm --save --numeric';
/** What prints the connections: `connections.ts` reads them. */
export const CONNECTIONS = 'ipvsadm -lnc';
/** What prints a table for people. */
export const LIST = 'ipvsadm -ln';

/** ipvsadm's option for each forwarding method. */
export const METHOD_FLAGS: Readonly<Record<ForwardingMethod, string>> = { tun: '-i', dr: '-g', nat: '-m' };

/** ipvsadm's word for each, where it prints a table for people. */
export const METHOD_WORDS: Readonly<Record<ForwardingMethod, string>> = { tun: 'Tunnel', dr: 'Route', nat: 'Masq' };

const serviceWords = ({ protocol, vip, port, fwmark }: Service): string[] =>
  fwmark ? ['-f', String(fwmark.mark)] : [protocol === 'udp' ? '-u' : '-t', endpointOf(vip, port)];

/** ipip is what -i means when nothing else is said. */
const methodWords = ({ forward, tunType }: Service): string[] => {
  if (forward !== 'tun' || tunType === 'ipip') return [METHOD_FLAGS[forward]];
  return ['-i', '--tun-type', tunType, ...(tunType === 'gue' ? ['--tun-port', String(GUE_PORT)] : [])];
};

/** ipvsadm's options for a virtual service: `-t 192.168.2.100:80`, or `-f 1` for one with a firewall mark. */
export const serviceOption = (service: Service): string => serviceWords(service).join(' ');

/** Where a service has its real server: a firewall mark says nothing of a port, which 0 stands for. */
export const serverEndpoint = ({ fwmark }: Service, { address, port }: RealServer): Endpoint => ({
  address,
  port: fwmark ? 0 : port,
});

/** ipvsadm's options for a real server of a service: `-t 192.168.2.100:80 -r 192.168.2.220:80`. */
export const serverOption = (service: Service, server: RealServer): string =>
  `${serviceOption(service)} -r ${textOf(serverEndpoint(service, server))}`;

/** The command that adds a real server, or edits what the table has of it, with all that there is to say. */
export const setServer = (
  action: 'add' | 'edit',
  service: Service,
  server: RealServer,
  weight: number = server.weight,
): string =>
  `ipvsadm ${action === 'add' ? '-a' : '-e'} ${serverOption(service, server)} ${methodWords(service).join(' ')} -w ${weight}`;

/** The command that takes a real server out of the table. */
export const deleteServer = (service: Service, endpoint: Endpoint): string =>
  `ipvsadm -d ${serviceOption(service)} -r ${textOf(endpoint)}`;

/** The command that makes a service of the table what the lab file says. */
export const editService = (service: Service): string => addService(service).replace(/^-A/, 'ipvsadm -E');

/** The shell condition that holds where a director's table has a real server; with this weight, where one is given. */
export const hasServer = (service: Service, server: RealServer, weight?: number): string => {
  // The brackets around an IPv6 address are no pattern, nor is a dot.
  const line = `^-a ${serverOption(service, server).replace(/[.[\]]/g, '\\$&')} `;
  const ending = weight === undefined ? '' : `-[igm] -w ${weight}( |$)`;
  return `${SAVE} | grep -qE -- ${shellQuote(line + ending)}`;
};

/** The words after `ipvsadm` that make a service, as a person types them. */
export const serviceCommand = (service: Service, flags: readonly string[] = service.schedulerFlags): string[] => [
  '-A',
  ...serviceWords(service),
  '-s',
  service.scheduler,
  ...(flags.length > 0 ? ['-b', flags.join(',')] : []),
  ...(service.ops ? ['-o'] : []),
];

/** The words after `ipvsadm` that add a real server, as a person types them, who leaves out what goes without saying. */
export const serverCommand = (service: Service, { address, port, weight }: RealServer): string[] => [
  '-a',
  ...serviceWords(service),
  '-r',
  service.fwmark ? address : endpointOf(address, port),
  ...methodWords(service),
  ...(weight === 1 ? [] : ['-w', String(weight)]),
];

/** The line with which {@link SAVE} has a service. */
export const addService = (service: Service): string =>
  serviceCommand(service, service.schedulerFlags.toSorted()).join(' ');

/** The lines with which {@link SAVE} has a service and its real servers, as {@link canonical} has them. */
export const tableLines = (service: Service): string[] => [
  addService(service),
  ...service.realServers.map((server) => {
    const [method, ...tunnel] = methodWords(service);
    return ['-a', serverOption(service, server), method, '-w', server.weight, ...tunnel].join(' ');
  }),
];

/** The lines of the services by which keepalived's own requests for the VIP get to each real server, where it makes such. */
export const probeLines = (service: Service): string[] =>
  service.realServers.flatMap((server) => {
    const mark = probeMark(service, server);
    if (mark === undefined) return [];
    return [`-A -f ${mark} -s rr`, `-a -f ${mark} -r ${server.address}:0 ${METHOD_FLAGS[service.forward]} -w 1`];
  });

/** A line of {@link SAVE} without what it prints of defaults, which versions tell differently. */
export const canonical = (line: string): string => line.trim().replace(/ --tun-type ipip| --tun-nocsum/g, '');

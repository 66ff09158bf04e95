import { GUE_PORT } from '../capture/ip.ts';
import { endpointOf } from '../lab/addresses.ts';
import { type ForwardingMethod, probeMark, type RealServer, type Service } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';

/** ipvsadm's option for each forwarding method. */
export const METHOD_FLAGS: Readonly<Record<ForwardingMethod, string>> = { tun: '-i', dr: '-g', nat: '-m' };

/** ipvsadm's options for a virtual service: `-t 192.168.2.100:80`, or `-f 1` for one with a firewall mark. */
export const serviceOption = ({ protocol, vip, port, fwmark }: Service): string =>
  fwmark ? `-f ${fwmark.mark}` : `${protocol === 'udp' ? '-u' : '-t'} ${endpointOf(vip, port)}`;

/** ipvsadm's options for a real server of a service: `-t 192.168.2.100:80 -r 192.168.2.220:80`. */
export const serverOption = (service: Service, { address, port }: RealServer): string =>
  `${serviceOption(service)} -r ${endpointOf(address, service.fwmark ? 0 : port)}`;

/** The shell condition that holds where a director's table has a real server; with this weight, where one is given. */
export const hasServer = (service: Service, server: RealServer, weight?: number): string => {
  // The brackets around an IPv6 address are no pattern, nor is a dot.
  const line = `^-a ${serverOption(service, server).replace(/[.[\]]/g, '\\$&')} `;
  const ending = weight === undefined ? '' : `-[igm] -w ${weight}( |$)`;
  return `ipvsadm --save --numeric | grep -qE -- ${shellQuote(line + ending)}`;
};

/** ipvsadm's options for how a service forwards; ipip is what -i means when nothing else is said. */
export const methodOption = ({ forward, tunType }: Service): string => {
  if (forward !== 'tun' || tunType === 'ipip') return METHOD_FLAGS[forward];
  return `-i --tun-type ${tunType}${tunType === 'gue' ? ` --tun-port ${GUE_PORT}` : ''}`;
};

/** The line with which `ipvsadm --save --numeric` has a service. */
export const addService = (service: Service): string => {
  const flags = service.schedulerFlags.toSorted().join(',');
  return `-A ${serviceOption(service)} -s ${service.scheduler}${flags && ` -b ${flags}`}${service.ops ? ' -o' : ''}`;
};

/** The lines with which `ipvsadm --save --numeric` has a service and its real servers, as {@link canonical} has them. */
export const tableLines = (service: Service): string[] => [
  addService(service),
  ...service.realServers.map((server) => {
    const [method, ...tunnel] = methodOption(service).split(' ');
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

/** A line of `ipvsadm --save --numeric` without what it prints of defaults, which versions tell differently. */
export const canonical = (line: string): string => line.trim().replace(/ --tun-type ipip| --tun-nocsum/g, '');

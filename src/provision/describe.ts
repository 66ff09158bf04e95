import { endpointOf } from '../lab/addresses.ts';
import { directorsOf, type ForwardingMethod, type Lab, type Node, type Service } from '../lab/lab.ts';

/** The names by which the methods are known. */
export const METHOD_NAMES: Readonly<Record<ForwardingMethod, string>> = {
  tun: 'LVS-TUN',
  dr: 'LVS-DR',
  nat: 'LVS-NAT',
};

/** Longer lists are given as a number. */
const NAMES_LISTED = 8;

const and = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** `a, b and c`. */
export const listed = (words: readonly string[]): string => and.format(words);

/** `192.168.2.100:80`, `[fd00::100]:80`. */
export const endpoint = ({ vip, port }: Service): string => endpointOf(vip, port);

const realServerNames = ({ realServers }: Service): string =>
  realServers.length <= NAMES_LISTED
    ? listed(realServers.map(({ node }) => node))
    : `${realServers.length} real servers`;

/** What a node does in its lab: a sentence for each role and service. */
export const describeNode = (lab: Lab, node: Node): string[] => {
  const sentences: string[] = [];
  if (lab.clients.includes(node.name)) {
    const requested = lab.services.filter(({ upstream }) => upstream === undefined);
    sentences.push(`Client of ${listed(requested.map((service) => `${service.name} (${endpoint(service)})`))}.`);
  }
  if (node.forwarding) sentences.push(`Router between ${listed(node.links.map(({ segment }) => segment))}.`);
  for (const service of lab.services) {
    const what = `${service.name}: ${endpoint(service)}, ${METHOD_NAMES[service.forward]}`;
    if (directorsOf(service).includes(node.name)) {
      const part = service.director === node.name ? 'Director' : 'Backup director';
      sentences.push(`${part} of ${what}, ${service.scheduler}, to ${realServerNames(service)}.`);
    }
    if (service.realServers.some((server) => server.node === node.name)) sentences.push(`Real server of ${what}.`);
  }
  for (const { name, locations } of lab.services) {
    const paths = locations.filter(({ servers }) => servers.some((server) => server.node === node.name));
    if (paths.length > 0)
      sentences.push(`Serves ${listed(paths.map(({ path }) => path))} behind the real servers of ${name}.`);
  }
  return sentences.length > 0 ? sentences : [`A machine on ${listed(node.links.map(({ segment }) => segment))}.`];
};

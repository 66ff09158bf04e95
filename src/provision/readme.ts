import { endpointOf } from '../lab/addresses.ts';
import { familyOfLab, type Lab, type Node, type Role, requestedAddress } from '../lab/lab.ts';
import { describeNode, endpoint, listed, METHOD_NAMES } from './describe.ts';
import { renderMarkdown } from './templates.ts';
import { topologyText } from './topology.ts';

/** In this order nobody is promised what is not there yet. */
const ORDER: readonly Role[] = ['router', 'real-server', 'director', 'client'];

const setUpOrder = (lab: Lab) => {
  const rank = ({ roles }: Node) => {
    const ranks = ORDER.flatMap((role, at) => (roles.includes(role) ? [at] : []));
    return Math.max(...ranks, 0);
  };
  const commands = lab.nodes
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ name }) => ({ node: name, command: `bash scripts/${name}.sh` }));
  const width = Math.max(...commands.map(({ command }) => command.length));
  return commands.map(({ node, command }) => ({ node, command: command.padEnd(width) }));
};

/** A page for whoever runs a lab's scripts by hand: who is where, in what order, and what to look at then. */
export const renderReadme = (lab: Lab): string =>
  renderMarkdown('README.md.tpl', {
    lab: lab.name,
    summary: lab.summary,
    ipv6: familyOfLab(lab) === 'IPv6',
    first: lab.nodes[0]?.name ?? '',
    picture: topologyText(lab).split('\n'),
    nodes: lab.nodes.map((node) => ({
      name: node.name,
      description: describeNode(lab, node).join(' '),
      gateway: node.gateway ? `${node.gateway.node} (${node.gateway.address})` : 'none',
    })),
    nics: lab.nodes.flatMap(({ name, links }) =>
      links.map(({ segment, address, prefixLength, mac }) => ({
        node: name,
        segment,
        address: `${address}/${prefixLength}`,
        mac,
      })),
    ),
    order: setUpOrder(lab),
    clients: lab.clients.length > 0 ? listed(lab.clients) : 'any other machine',
    services: lab.services.map((service) => ({
      name: service.name,
      endpoint: endpoint(service),
      url: `http://${endpointOf(requestedAddress(service), service.port).replace(/:80$/, '')}/`,
      vip: service.vip,
      upstream: service.upstream ?? null,
      segment: service.segment,
      address: requestedAddress(service),
      port: service.port,
      protocol: service.protocol,
      tunnel: service.tunType,
      forward: service.forward,
      method: METHOD_NAMES[service.forward],
      scheduler: service.scheduler,
      director: service.director,
      real_servers: listed(service.realServers.map(({ node }) => node)),
    })),
  });

import type { Family } from '../images/family.ts';
import { type ForwardingMethod, type Lab, linkOf, type Node } from '../lab/lab.ts';
import { describeNode } from './describe.ts';
import { nicVariables } from './nic-variables.ts';
import { announcedVips, servedBy, silentVips } from './vips.ts';

/** ipvsadm's options for the methods. */
const METHOD_FLAGS: Readonly<Record<ForwardingMethod, string>> = { tun: '-i', dr: '-g', nat: '-m' };

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)];

/** All nodes' addresses; those on a segment that `node` is on too come first, as the first is the one that is used. */
const hostsOf = (lab: Lab, node: Node) =>
  lab.nodes.flatMap(({ name, links }) => {
    const near = links.filter(({ segment }) => linkOf(node, segment));
    const far = links.filter(({ segment }) => !linkOf(node, segment));
    return [...near, ...far].map(({ address }) => ({ name, address }));
  });

const directorView = (lab: Lab, node: Node, variables: Map<string, string>) => {
  const services = lab.services.filter(({ director }) => director === node.name);
  if (services.length === 0) return null;
  const methods = services.map(({ forward }) => forward);
  return {
    services: services.map(({ vip, port, scheduler, forward, realServers }) => ({
      vip,
      port,
      scheduler,
      method_flag: METHOD_FLAGS[forward],
      real_servers: realServers,
    })),
    vips: [...announcedVips(lab, node)].map(([address, segment]) => ({ address, nic: variables.get(segment) })),
    modules: unique(services.map(({ scheduler }) => `ip_vs_${scheduler}`)),
    uses_mh: services.some(({ scheduler }) => scheduler === 'mh'),
    nat: methods.includes('nat'),
    sees_requests_only: methods.some((method) => method !== 'nat'),
  };
};

const gatewayView = (lab: Lab, node: Node, variables: Map<string, string>) => {
  if (!node.gateway) return null;
  const { node: gateway, address, segment } = node.gateway;
  const isDirector = lab.services.some(
    (service) => service.forward === 'nat' && service.director === gateway && servedBy(service, node).length > 0,
  );
  return { address, nic: variables.get(segment), for_nat: isDirector };
};

/** All that a node's script says, as its templates name it. */
export const scriptView = (lab: Lab, node: Node, family: Family) => {
  const variables = nicVariables(node.links);
  const drAddresses = lab.services
    .filter(({ forward }) => forward === 'dr')
    .flatMap((service) => servedBy(service, node).map(({ address }) => address));
  const ports = unique(lab.services.flatMap((service) => servedBy(service, node).map(({ port }) => port)));
  const director = directorView(lab, node, variables);
  return {
    lab: lab.name,
    summary: lab.summary,
    family,
    node: node.name,
    description: describeNode(lab, node),
    links: node.links.map(({ segment, address, prefixLength, mac }) => ({
      nic: variables.get(segment),
      address,
      prefix_length: prefixLength,
      mac,
    })),
    gateway: gatewayView(lab, node, variables),
    hosts: hostsOf(lab, node),
    client: lab.clients.includes(node.name),
    router: node.forwarding,
    forwards: node.forwarding || (director?.nat ?? false),
    tun_vips: silentVips(lab, node, 'tun'),
    dr_vips: silentVips(lab, node, 'dr'),
    dr_nics: node.links
      .filter(({ address }) => drAddresses.includes(address))
      .map(({ segment }) => variables.get(segment)),
    director,
    web: ports.length > 0 ? { ports: ports.sort((a, b) => a - b) } : null,
  };
};

import { GUE_PORT } from '../capture/ip.ts';
import { FAMILIES, type Family } from '../images/families.ts';
import { METHOD_FLAGS, serverCommand, serviceCommand, serviceOption } from '../ipvs/ipvsadm.ts';
import { instanceName, LB_KINDS } from '../ipvs/keepalived.ts';
import { moduleOf } from '../ipvs/schedulers.ts';
import {
  directorsOf,
  familyOfLab,
  type Lab,
  LOAD_PORT,
  linkOf,
  type Node,
  probeMark,
  type Service,
  type VrrpInstance,
  weightsUnderLoad,
} from '../lab/lab.ts';
import { describeNode, listed } from './describe.ts';
import { nicVariables } from './nic-variables.ts';
import { announcedVips, servedBy, silentVips, tunnelVips } from './vips.ts';

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)];

/** All nodes' addresses; those on a segment that `node` is on too come first, as the first is the one that is used. */
const hostsOf = (lab: Lab, node: Node) =>
  lab.nodes.flatMap(({ name, links }) => {
    const near = links.filter(({ segment }) => linkOf(node, segment));
    const far = links.filter(({ segment }) => !linkOf(node, segment));
    return [...near, ...far].map(({ address }) => ({ name, address }));
  });

/** keepalived's instances of a director, each with the VIPs of all services that move together. */
const vrrpView = (services: readonly Service[], node: Node, variables: Map<string, string>) => {
  const moving = services.filter((service): service is Service & { vrrp: VrrpInstance } => service.vrrp !== undefined);
  return [...Map.groupBy(moving, ({ vrrp }) => vrrp.virtualRouterId)].flatMap(([id, own]) => {
    const [first] = own;
    const self = first?.vrrp.directors.find((director) => director.node === node.name);
    if (!first || !self) return [];
    return {
      id,
      name: instanceName(id),
      state: first.director === node.name ? 'MASTER' : 'BACKUP',
      nic: variables.get(first.segment),
      priority: self.priority,
      advert_int: first.vrrp.advertInt,
      address: self.address,
      peers: first.vrrp.directors.filter((director) => director !== self).map(({ address }) => address),
      vips: unique(own.map(({ vip }) => vip)),
      sync: first.vrrp.lvsSyncDaemon,
    };
  });
};

const directorView = (lab: Lab, node: Node, variables: Map<string, string>) => {
  const services = lab.services.filter((service) => directorsOf(service).includes(node.name));
  if (services.length === 0) return null;
  const methods = services.map(({ forward }) => forward);
  const shown = services.map((service) => ({
    name: service.name,
    vip: service.vip,
    port: service.port,
    scheduler: service.scheduler,
    command: serviceCommand(service),
    kind: LB_KINDS[service.forward],
    health: service.healthCheck ?? null,
    own_address: linkOf(node, service.segment)?.address,
    real_servers: service.realServers.map((server) => ({
      ...server,
      command: serverCommand(service, server),
      probe_mark: probeMark(service, server) ?? null,
    })),
  }));
  const vrrp = vrrpView(services, node, variables);
  const byKeepalived = shown.filter(({ health }) => health);
  return {
    marks: services.flatMap(({ vip, port, protocol, fwmark }) => {
      const { mark, sources = [], string = null } = fwmark ?? {};
      const from = string !== null && sources.length === 0 ? [null] : sources;
      return from.map((source) => ({ source, vip, port, protocol, mark, string }));
    }),
    matches_strings: services.some(({ fwmark }) => fwmark?.string !== undefined),
    by_hand: shown.filter(({ health }) => !health),
    by_keepalived: byKeepalived,
    keepalived_names: listed(byKeepalived.map(({ name }) => name)),
    weighed: services
      .filter(({ dynamicWeight }) => dynamicWeight)
      .map((service) => ({
        name: service.name,
        socket: serviceOption(service),
        method_flag: METHOD_FLAGS[service.forward],
        interval: service.dynamicWeight?.interval,
        load_port: LOAD_PORT,
        real_servers: service.realServers.map(({ address, port, weight }) => ({
          address,
          port,
          weight,
          ...weightsUnderLoad(weight),
        })),
      })),
    real_server_count: shown
      .flatMap((service) => service.real_servers)
      .reduce((sum, server) => sum + (server.probe_mark === null ? 1 : 2), 0),
    accept_local: services.some(({ healthCheck }) => healthCheck?.httpGet),
    vrrp,
    sync: vrrp.find(({ sync }) => sync) ?? null,
    // Seconds by which a standby that boots with its master begins later.
    startup_delay: vrrp.every(({ state }) => state === 'BACKUP')
      ? Math.max(0, ...vrrp.map((each) => 2 * each.advert_int))
      : 0,
    awaited_vips: vrrp.filter(({ state }) => state === 'MASTER').flatMap(({ vips }) => vips),
    vips: [...announcedVips(lab, node)].map(([address, segment]) => ({ address, nic: variables.get(segment) })),
    modules: unique(services.map(({ scheduler }) => moduleOf(scheduler))),
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

/** The devices that unwrap what comes through tunnels, and the VIPs they have. */
const tunnelView = (lab: Lab, node: Node) => {
  const greVips = tunnelVips(lab, node, 'gre');
  const ipipVips = unique([...tunnelVips(lab, node, 'ipip'), ...tunnelVips(lab, node, 'gue')]);
  const ipv6 = familyOfLab(lab) === 'IPv6';
  const tunnels = [
    ...(ipipVips.length > 0 ? [{ device: ipv6 ? 'ip6tnl0' : 'tunl0', vips: ipipVips }] : []),
    ...(greVips.length > 0 ? [{ device: 'gre0', vips: greVips }] : []),
  ];
  return {
    ipv6,
    gre_vips: greVips,
    ipip_vips: ipipVips,
    gue: tunnelVips(lab, node, 'gue').length > 0,
    gue_port: GUE_PORT,
    tunnels,
    tunnel_names: tunnels.map(({ device }) => device).join(' and '),
  };
};

/** How a real server keeps quiet about the VIP: by sysctls, or by rules of arptables beside the kernel's defaults. */
const arpView = (lab: Lab, node: Node) => {
  const quiet = lab.services.filter(({ arp, forward }) => arp === 'arptables' && forward !== 'nat');
  const rules = new Map(
    quiet.flatMap((service) => servedBy(service, node).map(({ address }) => [service.vip, address] as const)),
  );
  const byArptables = rules.size > 0;
  return {
    arptables: [...rules].map(([vip, address]) => ({ vip, address })),
    arp: { ignore: byArptables ? 0 : 1, announce: byArptables ? 0 : 2 },
  };
};

/** The ports on which a node serves, and its address there; null where it serves no such service. */
const serverView = (lab: Lab, node: Node, isMeant: (service: Service) => boolean) => {
  const served = lab.services
    .filter(isMeant)
    .flatMap((service) => servedBy(service, node))
    .filter(({ answeredBy }) => !answeredBy);
  const [first] = served;
  return first ? { address: first.address, ports: unique(served.map(({ port }) => port)).sort((a, b) => a - b) } : null;
};

/** nginx: what a node serves itself, what it passes on, and what others pass on to it. */
const nginxView = (lab: Lab, node: Node) => {
  const own = serverView(lab, node, ({ protocol, webServer }) => protocol === 'tcp' && webServer === 'nginx');
  const behind = lab.services.filter(({ locations }) =>
    locations.some(({ servers }) => servers.some((server) => server.node === node.name)),
  );
  if (!own && behind.length === 0) return null;
  const passed = lab.services.filter((service) => servedBy(service, node).length > 0);
  return {
    ports: unique([...(own?.ports ?? []), ...behind.map(({ port }) => port)]).sort((a, b) => a - b),
    locations: passed.flatMap(({ locations, port }) =>
      locations.map(({ path, servers }) => ({
        path,
        upstream: path.split('/').filter(Boolean).join('-'),
        servers: servers.map(({ address }) => ({ address, port })),
      })),
    ),
  };
};

/** All that a node's script says, as its templates name it. */
export const scriptView = (lab: Lab, node: Node, family: Family) => {
  const variables = nicVariables(node.links);
  const drAddresses = lab.services
    .filter(({ forward }) => forward === 'dr')
    .flatMap((service) => servedBy(service, node).map(({ address }) => address));
  const director = directorView(lab, node, variables);
  return {
    lab: lab.name,
    summary: lab.summary,
    family: FAMILIES[family],
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
    routes: node.routes.map(({ prefix, address, segment }) => ({ prefix, address, nic: variables.get(segment) })),
    ...tunnelView(lab, node),
    ...arpView(lab, node),
    dr_vips: silentVips(lab, node, 'dr'),
    dr_nics: node.links
      .filter(({ address }) => drAddresses.includes(address))
      .map(({ segment }) => variables.get(segment)),
    director,
    web: serverView(lab, node, ({ protocol, webServer }) => protocol === 'tcp' && webServer === 'apache'),
    nginx: nginxView(lab, node),
    tells_load: lab.services.some((service) => service.dynamicWeight && servedBy(service, node).length > 0),
    load_port: LOAD_PORT,
    dns: serverView(lab, node, ({ protocol }) => protocol === 'udp'),
    static_nat: node.staticNat,
    advmss: node.advmss ?? null,
    sysctl: Object.entries(node.sysctl).map(([key, value]) => ({ assignment: `${key}=${value}` })),
    iptables: node.iptables,
  };
};

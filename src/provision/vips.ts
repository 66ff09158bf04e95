import type { ForwardingMethod, Lab, Node, RealServer, Service, TunnelType } from '../lab/lab.ts';

/** The real servers of a service that are this node: more than one where it serves on several ports. */
export const servedBy = ({ realServers }: Service, { name }: Node): RealServer[] =>
  realServers.filter(({ node }) => node === name);

/** VIPs a node has as a real server of that method: on tunl0 for TUN, on lo for DR. */
export const silentVips = (lab: Lab, node: Node, method: Exclude<ForwardingMethod, 'nat'>): string[] => {
  const services = lab.services.filter((service) => service.forward === method && servedBy(service, node).length > 0);
  return [...new Set(services.map(({ vip }) => vip))];
};

/** VIPs a node has as a real server that is reached through tunnels of a type. */
export const tunnelVips = (lab: Lab, node: Node, type: TunnelType): string[] => {
  const services = lab.services.filter(
    (service) => service.forward === 'tun' && service.tunType === type && servedBy(service, node).length > 0,
  );
  return [...new Set(services.map(({ vip }) => vip))];
};

/**
 * Segment by VIP, of the VIPs a node has on a NIC as a director and answers ARP for. Of two tiers, the second's director
 * has the VIP as a real server of the first instead; those that move by VRRP are keepalived's.
 */
export const announcedVips = (lab: Lab, node: Node): Map<string, string> => {
  const silent = [...silentVips(lab, node, 'tun'), ...silentVips(lab, node, 'dr')];
  const services = lab.services.filter(
    ({ director, vip, vrrp }) => director === node.name && !vrrp && !silent.includes(vip),
  );
  return new Map(services.map(({ vip, segment }) => [vip, segment]));
};

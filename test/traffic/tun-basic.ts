import type { Lab, Node, RealServer, Service } from '../../src/lab/lab.ts';

const node = (index: number, name: string, roles: Node['roles'], links: Record<string, string>): Node => ({
  name,
  index,
  roles,
  links: Object.entries(links).map(([segment, address]) => ({
    segment,
    address,
    prefixLength: 24,
    mac: `52:54:00:0${segment === 'outside' ? 1 : 2}:00:0${index}`,
  })),
  routes: [],
  sysctl: {},
  iptables: [],
  staticNat: [],
  forwarding: roles.includes('router'),
  memory: 256,
  cpus: 1,
});

export const server = (name: string, address: string, weight = 1): RealServer => ({
  node: name,
  address,
  port: 80,
  weight,
});

export const WEB: Service = {
  name: 'web',
  vip: '192.168.2.100',
  port: 80,
  protocol: 'tcp',
  scheduler: 'rr',
  schedulerFlags: [],
  ops: false,
  tunType: 'ipip',
  webServer: 'apache',
  locations: [],
  clients: ['client'],
  arp: 'sysctl',
  forward: 'tun',
  director: 'director',
  segment: 'inside',
  realServers: [server('rs1', '192.168.2.220'), server('rs2', '192.168.2.210')],
};

/** The lab of `labs/tun-basic.yaml`, with a third machine that could be a real server. */
export const labWith = (change: Partial<Service> = {}): Lab => ({
  name: 'tun-basic',
  summary: 'LVS-TUN behind a router',
  segments: [
    { name: 'outside', prefix: '192.168.1.0/24', index: 1 },
    { name: 'inside', prefix: '192.168.2.0/24', index: 2 },
  ],
  nodes: [
    node(1, 'client', ['client'], { outside: '192.168.1.200' }),
    node(2, 'router', ['router'], { outside: '192.168.1.1', inside: '192.168.2.1' }),
    node(3, 'director', ['director'], { inside: '192.168.2.200' }),
    node(4, 'rs1', ['real-server'], { inside: '192.168.2.220' }),
    node(5, 'rs2', ['real-server'], { inside: '192.168.2.210' }),
    node(6, 'rs3', ['real-server'], { inside: '192.168.2.230' }),
  ],
  clients: ['client'],
  services: [{ ...WEB, ...change }],
  checks: [],
  sabotages: [],
});

export const serviceOf = (lab: Lab): Service => lab.services[0] as Service;

/** What can make the machines of a lab: the names of the providers in `src/providers/`. */
export const PROVIDER_NAMES = ['qemu', 'libvirt', 'virtualbox'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

export const FORWARDING_METHODS = ['tun', 'dr', 'nat'] as const;
export type ForwardingMethod = (typeof FORWARDING_METHODS)[number];
export const PROTOCOLS = ['tcp', 'udp'] as const;
export type TransportProtocol = (typeof PROTOCOLS)[number];
/** What `tun` wraps a request in, as `ipvsadm --tun-type` has it. */
export const TUNNEL_TYPES = ['ipip', 'gue', 'gre'] as const;
export type TunnelType = (typeof TUNNEL_TYPES)[number];
export const WEB_SERVERS = ['apache', 'nginx'] as const;
export type WebServer = (typeof WEB_SERVERS)[number];
/** How real servers keep quiet about the VIP. */
export const ARP_MEANS = ['sysctl', 'arptables'] as const;
export type ArpMeans = (typeof ARP_MEANS)[number];
/** Flags of schedulers, as `ipvsadm --sched-flags` has them, with the scheduler each is for. */
export const SCHEDULER_FLAGS = {
  'sh-fallback': 'sh',
  'sh-port': 'sh',
  'mh-fallback': 'mh',
  'mh-port': 'mh',
} as const satisfies Readonly<Record<string, 'sh' | 'mh'>>;
export type SchedulerFlag = keyof typeof SCHEDULER_FLAGS;
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

/** What a node's boot unit runs: brings all that its script set up back in force. */
export const REAPPLY = 'lab-node boot';

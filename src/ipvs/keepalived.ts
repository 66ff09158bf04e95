import type { ForwardingMethod } from '../lab/lab.ts';

/** The program, and the unit that runs it. */
export const KEEPALIVED = 'keepalived';
/** The command that has it make its table anew. */
export const RESTART_KEEPALIVED = `systemctl restart ${KEEPALIVED}`;

/** keepalived's `lb_kind` for each forwarding method. */
export const LB_KINDS: Readonly<Record<ForwardingMethod, string>> = { tun: 'TUN', dr: 'DR', nat: 'NAT' };

/** The name of the `vrrp_instance` with that `virtual_router_id`. */
export const instanceName = (virtualRouterId: number): string => `VI_${virtualRouterId}`;

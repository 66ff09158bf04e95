import { hostPrefixOf } from '../lab/addresses.ts';
import { type Service, tunnelDevice } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';

/** Where a real server of `tun` or `dr` has the VIP, as `ip address` takes it: `192.168.2.100/32 dev tunl0`. */
export const vipPlace = (service: Service): string =>
  `${hostPrefixOf(service.vip)} dev ${tunnelDevice(service) ?? 'lo'}`;

/** The shell condition that holds where a machine has the VIP, on whichever device. */
export const hasVip = ({ vip }: Service): string => `ip -oneline address show to ${shellQuote(vip)} | grep -q .`;

/** The shell condition that holds where it has not. */
export const lacksVip = (service: Service): string => `! { ${hasVip(service)}; }`;

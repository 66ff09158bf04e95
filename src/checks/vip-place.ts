import { hostPrefixOf } from '../lab/addresses.ts';
import { type Service, tunnelDevice } from '../lab/lab.ts';

/** Where a real server of `tun` or `dr` has the VIP, as `ip address` takes it: `192.168.2.100/32 dev tunl0`. */
export const vipPlace = (service: Service): string =>
  `${hostPrefixOf(service.vip)} dev ${tunnelDevice(service) ?? 'lo'}`;

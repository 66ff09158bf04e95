import { isIPv4, isIPv6 } from 'node:net';
import { endpointOf } from '../lab/addresses.ts';
import { wholeNumber } from './numbers.ts';

/** An address with a port, as ipvsadm prints it: `192.168.2.220:80`, `[fd00::1]:80`. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** As ipvsadm takes it. */
export const textOf = ({ address, port }: Endpoint): string => endpointOf(address, port);

/** The endpoint that a text is; undefined where it is none. */
export const readEndpoint = (text: string | undefined): Endpoint | undefined => {
  const [, ipv6, ipv4, digits] = /^(?:\[([^[\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text ?? '') ?? [];
  const port = wholeNumber(digits, 0, 65_535);
  if (port === undefined) return undefined;
  if (ipv4 !== undefined) return isIPv4(ipv4) ? { address: ipv4, port } : undefined;
  // A zone is none of ipvsadm's.
  return ipv6 !== undefined && isIPv6(ipv6) && !ipv6.includes('%') ? { address: ipv6, port } : undefined;
};

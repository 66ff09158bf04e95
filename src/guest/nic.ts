import { shellQuote } from '../support/shell.ts';

/** Shell for the name of a guest's NIC with that MAC address, or for nothing: names differ from system to system. */
export const nicWithMac = (mac: string): string =>
  `$(grep -lix ${shellQuote(mac)} /sys/class/net/*/address | head -n 1 | cut -d / -f 5)`;

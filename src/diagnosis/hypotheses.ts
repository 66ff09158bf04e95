import { familyOfLab, type Lab } from '../lab/lab.ts';
import { addresses } from './hypotheses/addresses.ts';
import { arp } from './hypotheses/arp.ts';
import { directors } from './hypotheses/directors.ts';
import { forwarding } from './hypotheses/forwarding.ts';
import { links } from './hypotheses/links.ts';
import { machines } from './hypotheses/machines.ts';
import { packetFilters } from './hypotheses/packet-filters.ts';
import { pathMtu } from './hypotheses/path-mtu.ts';
import { reversePath } from './hypotheses/reverse-path.ts';
import { routes } from './hypotheses/routes.ts';
import { servers } from './hypotheses/servers.ts';
import { table } from './hypotheses/table.ts';
import { translation } from './hypotheses/translation.ts';
import { tunnels } from './hypotheses/tunnels.ts';
import type { Hypothesis } from './scene.ts';

/**
 * All hypotheses. Of causes that explain equally well what was seen the one that stands earlier here is named first: a
 * machine that is gone takes links, routes and servers with it, and not the other way round.
 */
const HYPOTHESES: readonly Hypothesis[] = [
  machines,
  links,
  tunnels,
  addresses,
  reversePath,
  packetFilters,
  forwarding,
  routes,
  servers,
  translation,
  table,
  arp,
  directors,
  pathMtu,
];

/** Those that rest on what only IPv4 has, or is only asked of IPv4: iptables, arptables and path MTU discovery by its ICMP. */
const IPV4_ONLY: readonly Hypothesis[] = [reversePath, packetFilters, translation, pathMtu];

/** The hypotheses that can be judged on a lab. */
export const hypothesesOn = (lab: Lab): readonly Hypothesis[] =>
  familyOfLab(lab) === 'IPv6' ? HYPOTHESES.filter((each) => !IPV4_ONLY.includes(each)) : HYPOTHESES;

/** What may be wrong with a lab and is not looked at, for a person; undefined where that is nothing. */
export const notLookedAt = (lab: Lab): string | undefined =>
  familyOfLab(lab) === 'IPv6' ? 'packet filters (ip6tables), address translation and path MTU over IPv6' : undefined;

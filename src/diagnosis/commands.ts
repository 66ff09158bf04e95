import type { FamilyFacts } from '../images/families.ts';
import { CONNECTIONS, LIST, SAVE } from '../ipvs/ipvsadm.ts';

/** A command and the name of the section of the output that holds its answer. */
export type Command = readonly [section: string, command: string];

/** Commands that tell the state of any node. */
export const COMMANDS: readonly Command[] = [
  ['address', 'ip -j -s address'],
  ['route', 'ip route show table all'],
  ['rule', 'ip rule'],
  ['neighbour', 'ip -j neighbour'],
  [
    'sysctl',
    'grep -s . /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/vs/{conn_reuse_mode,conntrack,pmtu_disc,expire_nodest_conn} ' +
      '/proc/sys/net/ipv4/conf/*/{rp_filter,arp_ignore,arp_announce,accept_local,forwarding} ' +
      '/proc/sys/net/ipv6/conf/all/forwarding',
  ],
  ['modules', 'cut -d " " -f 1 /proc/modules'],
  ['listening', 'ss -Hltnup'],
  ['counters', 'nstat -as'],
  ['filter', 'iptables-save -c'],
  ['arptables', 'command -v arptables-save > /dev/null && arptables-save'],
  ['nftables', 'command -v nft > /dev/null && nft list ruleset'],
  ['qdisc', 'tc qdisc show'],
];

/** Those that go by the names that a family has for things. */
export const familyCommands = ({ webServers, page }: FamilyFacts): readonly Command[] => {
  const servers = Object.values(webServers).map(({ program }) => program);
  return [
    ['processes', `ps -o stat=,comm= -C ${[...servers, 'keepalived', 'dnsmasq'].join(',')}`],
    ['page', `head -n 1 ${page}`],
  ];
};

/** Those of a director. The first loads the module `ip_vs` where it is not. */
export const TABLE_COMMANDS: readonly Command[] = [
  ['table', SAVE],
  ['connections', CONNECTIONS],
  ['stats', `${LIST} --stats`],
];

/** What a person would look at first, each under its own heading. */
export const STATE_COMMANDS: readonly string[] = [
  'ip address',
  'ip route show table all',
  'ip rule',
  'ip neighbour',
  'ip -s link',
  LIST,
  `${LIST} --stats`,
  CONNECTIONS,
  "sysctl -a 2>/dev/null | grep -E '(arp_ignore|arp_announce|rp_filter|ip_forward|conf.all.forwarding|accept_local) =|^net.ipv4.vs'",
  'iptables-save',
  'arptables-save',
  'lsmod',
  'systemctl --failed --no-legend',
  'journalctl --no-pager --lines=200',
];

/** What the names of sections begin with that are asked for a person alone. */
export const STATE = 'state ';

/** Where the answer to a command for a person stands: in its own section, or in that of a diagnosis that asks the same. */
export const stateSections = (command: string): string[] => [
  `${STATE}${command}`,
  ...[...COMMANDS, ...TABLE_COMMANDS].filter(([, same]) => same === command).map(([section]) => section),
];

import { FAMILIES, type Family, type FamilyFacts } from '../images/families.ts';
import { type Lab, nodeOf } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { withEachDirector } from './active-director.ts';
import { keyOf, macOn, type Question, questionsOf, routeCommand } from './questions.ts';

/** What begins the line that names a section of the output. */
export const MARK = '#=#';

/** Commands that tell the state of any node, by the name of their section. */
const COMMANDS: readonly (readonly [section: string, command: string])[] = [
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
const familyCommands = ({
  webServers,
  page,
}: FamilyFacts): readonly (readonly [section: string, command: string])[] => {
  const servers = Object.values(webServers).map(({ program }) => program);
  return [
    ['processes', `ps -o stat=,comm= -C ${[...servers, 'keepalived', 'dnsmasq'].join(',')}`],
    ['page', `head -n 1 ${page}`],
  ];
};

/** Those of a director. The first loads the module `ip_vs` where it is not. */
const TABLE_COMMANDS: readonly (readonly [section: string, command: string])[] = [
  ['table', 'ipvsadm --save --numeric'],
  ['connections', 'ipvsadm -lnc'],
  ['stats', 'ipvsadm -ln --stats'],
];

/** One shell script that has a node tell all that a diagnosis rests on. It changes nothing. */
export const snapshotScript = (lab: Lab, node: string, family: Family): string => {
  const possible = withEachDirector(lab).flatMap(questionsOf);
  const own = possible.filter((question) => question.node === node);
  const questions = [...new Map(own.map((question) => [keyOf(question), question])).values()];
  const commands = [
    ...COMMANDS,
    ...familyCommands(FAMILIES[family]),
    ...(nodeOf(lab, node).roles.includes('director') ? TABLE_COMMANDS : []),
  ];
  return [
    'nic() { grep -lix "$1" /sys/class/net/*/address | head -n 1 | cut -d / -f 5; }',
    ...commands.map(([section, command]) => `echo '${MARK} ${section}'; ${command} 2>&1`),
    ...questions.map(
      (question) => `echo ${shellQuote(`${MARK} ask ${keyOf(question)}`)}; ${asked(lab, question)} 2>&1`,
    ),
  ].join('\n');
};

const asked = (lab: Lab, question: Question): string => {
  const command = routeCommand(question, (segment) => `"$(nic ${macOn(lab, question.node, segment)})"`);
  return command.replace(/^ip /, 'ip -j -d ');
};

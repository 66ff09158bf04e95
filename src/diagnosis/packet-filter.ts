import ipaddr from 'ipaddr.js';

/** A rule of iptables, as `iptables-save -c` prints it. */
export interface Rule {
  readonly table: string;
  readonly chain: string;
  /** Packets that matched it since it was added. */
  readonly packets: number;
  /** Its words, without `-A` and the chain. */
  readonly words: readonly string[];
}

export interface Policy {
  readonly target: string;
  readonly packets: number;
}

/** A packet that a chain is asked about. */
export interface FilteredPacket {
  readonly chain: 'INPUT' | 'FORWARD' | 'OUTPUT';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'ipip' | 'gre';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Type and code: `3/4`. */
  readonly icmp?: string;
}

/** The rules and policies of `iptables-save -c`. */
export const parseFilter = (text: string): { rules: Rule[]; policies: Map<string, Policy> } => {
  const rules: Rule[] = [];
  const policies = new Map<string, Policy>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const policy = line.match(/^:(\S+) (\S+) \[(\d+):/);
    if (policy) policies.set(`${table} ${policy[1]}`, { target: policy[2] ?? '', packets: Number(policy[3]) });
    const rule = line.match(/^\[(\d+):\d+\] -A (\S+) ?(.*)$/);
    if (rule)
      rules.push({
        table,
        chain: rule[2] ?? '',
        packets: Number(rule[1]),
        words: (rule[3] ?? '').split(' ').filter(Boolean),
      });
  }
  return { rules, policies };
};

/** What stops a packet: a rule, or the policy of its chain. */
export type Blocker = { readonly rule: Rule } | { readonly policy: string };

/**
 * What in the table `filter` stops a packet of this kind; undefined where all lets it through. A rule with a match that
 * is not known here (`-m statistic`, `-m string`) is taken to stop it where its counter says that it stopped something.
 */
export const blockerOf = (
  { filter, policies }: { filter: readonly Rule[]; policies: ReadonlyMap<string, Policy> },
  packet: FilteredPacket,
): Blocker | undefined => {
  for (const table of ['raw', 'mangle', 'filter']) {
    const verdict = walk(filter, policies, table, packet.chain, packet, 0);
    if (verdict !== 'accept' && verdict !== 'return') return verdict;
    if (verdict === 'return' && policies.get(`${table} ${packet.chain}`)?.target === 'DROP')
      return { policy: `iptables -t ${table} -P ${packet.chain} DROP` };
  }
  return undefined;
};

type Verdict = 'accept' | 'return' | Blocker;

const walk = (
  filter: readonly Rule[],
  policies: ReadonlyMap<string, Policy>,
  table: string,
  chain: string,
  packet: FilteredPacket,
  depth: number,
): Verdict => {
  if (depth > 8) return 'return';
  for (const rule of filter.filter((each) => each.table === table && each.chain === chain)) {
    const { matches, target } = judgeRule(rule, packet);
    if (matches === 'no') continue;
    if (target === 'DROP' || target === 'REJECT') {
      if (matches === 'yes' || rule.packets > 0) return { rule };
      continue;
    }
    if (matches === 'maybe') continue;
    if (target === 'ACCEPT') return 'accept';
    if (target === 'RETURN') return 'return';
    if (target !== undefined && policies.has(`${table} ${target}`)) {
      const verdict = walk(filter, policies, table, target, packet, depth + 1);
      if (verdict !== 'return') return verdict;
    }
  }
  return 'return';
};

const PROTOCOLS: Readonly<Record<FilteredPacket['protocol'], readonly string[]>> = {
  tcp: ['tcp', '6'],
  udp: ['udp', '17'],
  icmp: ['icmp', '1'],
  ipip: ['ipencap', 'ipip', '4', '94'],
  gre: ['gre', '47'],
};

/** Matches that say nothing against a packet by themselves: their own options do. */
const CARRIERS = ['tcp', 'udp', 'icmp', 'comment'];
const ICMP_NAMES: Readonly<Record<string, string>> = { 'fragmentation-needed': '3/4', 'destination-unreachable': '3' };

const judgeRule = ({ words }: Rule, packet: FilteredPacket): { matches: 'yes' | 'no' | 'maybe'; target?: string } => {
  let fits = true;
  let isSure = true;
  let target: string | undefined;
  let negated = false;
  const demand = (holds: boolean) => {
    if (holds === negated) fits = false;
    negated = false;
  };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    const value = words[index + 1] ?? '';
    if (word === '!') {
      negated = true;
      continue;
    }
    if (word === '-j' || word === '-g') {
      target = value;
      break;
    }
    index += 1;
    if (word === '-p') demand(value === 'all' || PROTOCOLS[packet.protocol].includes(value));
    else if (word === '-s') demand(within(value, packet.source));
    else if (word === '-d') demand(within(value, packet.destination));
    else if (word === '--dport') demand(portWithin(value, packet.destinationPort));
    else if (word === '--sport') demand(portWithin(value, packet.sourcePort));
    else if (word === '--icmp-type') demand(packet.icmp?.startsWith(ICMP_NAMES[value] ?? value) ?? false);
    else if (word === '-m' && CARRIERS.includes(value)) negated = false;
    else if (word !== '--comment') {
      isSure = false;
      negated = false;
    }
  }
  const matches = fits ? (isSure ? 'yes' : 'maybe') : 'no';
  return { matches, ...(target !== undefined && { target }) };
};

const within = (prefix: string, address: string): boolean => {
  const [network = '', length = '32'] = prefix.split('/');
  if (!ipaddr.IPv4.isValidFourPartDecimal(network) || !ipaddr.IPv4.isValidFourPartDecimal(address)) return false;
  const bits = length.includes('.') ? (ipaddr.IPv4.parse(length).prefixLengthFromSubnetMask() ?? 32) : Number(length);
  return ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parse(network), bits);
};

const portWithin = (range: string, port: number | undefined): boolean => {
  const [first, last = first] = range.split(':').map(Number);
  return port !== undefined && first !== undefined && last !== undefined && port >= first && port <= last;
};

/** A rule as a person types it, to show or, with `-D`, to remove it. */
export const ruleCommand = ({ table, chain, words }: Rule, action: '-A' | '-D'): string =>
  ['iptables', ...(table === 'filter' ? [] : ['-t', table]), action, chain, ...words].join(' ');

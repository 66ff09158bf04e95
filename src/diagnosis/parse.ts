import type { MachineStatus } from '../guest/machine.ts';
import { readConnections } from '../ipvs/connections.ts';
import { readTable } from '../ipvs/table.ts';
import { STATE, STATE_COMMANDS, stateSections } from './commands.ts';
import { parseFilter } from './packet-filter.ts';
import { MARK } from './script.ts';
import type { Answer, Device, Listener, Neighbour, NodeSnapshot } from './snapshot.ts';

/** What a node printed of {@link snapshotScript}, as values. What it did not print, or not as expected, is left out. */
export const parseSnapshot = (node: string, status: MachineStatus, printed: string): NodeSnapshot => {
  const sections = sectionsOf(printed);
  const [raw = '', forPerson] = printed.split(FIRST_FOR_PERSON, 2);
  const text = (name: string): string => sections.get(name) ?? '';
  const lines = (name: string): string[] => text(name).split('\n').filter(Boolean);
  const { rules, policies } = parseFilter(text('filter'));
  const page = lines('page')[0];
  return {
    node,
    status,
    devices: parseDevices(text('address')),
    answers: new Map(
      [...sections]
        .filter(([name]) => name.startsWith('ask '))
        .map(([name, answer]) => [name.slice('ask '.length), parseAnswer(answer)]),
    ),
    neighbours: parseNeighbours(text('neighbour')),
    sysctls: parseSysctls(lines('sysctl')),
    modules: new Set(lines('modules')),
    listeners: lines('listening').flatMap(parseListener),
    counters: parseCounters(lines('counters')),
    filter: rules,
    policies,
    arptables: lines('arptables').filter((line) => line.startsWith('-A')),
    nftables: parseNftables(lines('nftables')),
    netem: lines('qdisc').flatMap((line) => {
      const [, kind = '', device = ''] = line.match(/^qdisc (\S+) .*?\bdev (\S+)/) ?? [];
      return ['netem', 'tbf'].includes(kind) ? [{ device, line }] : [];
    }),
    processes: lines('processes').flatMap((line) => {
      const [, stat = '', program = ''] = line.match(/^\s*(\S+)\s+(\S+)/) ?? [];
      return program ? [{ program, stopped: /^[Tt]/.test(stat) }] : [];
    }),
    ...(page !== undefined && !page.startsWith('head: ') && { page }),
    table: readTable(text('table')),
    connections: readConnections(text('connections')),
    raw,
    ...(forPerson !== undefined && { state: stateText(sections) }),
  };
};

/** Where what is for a person begins: after all that a diagnosis rests on. */
const FIRST_FOR_PERSON = new RegExp(`^(?=${MARK} ${STATE})`, 'm');

/** What a person would look at first, each command as a heading, and what it printed. */
const stateText = (sections: ReadonlyMap<string, string>): string =>
  STATE_COMMANDS.map((command) => {
    const section = stateSections(command).find((name) => sections.has(name)) ?? '';
    const text = sections.get(section) ?? '';
    return `# ${command}\n${text && `${text}\n`}\n`;
  }).join('');

const sectionsOf = (raw: string): Map<string, string> =>
  new Map(
    `\n${raw}`
      .split(`\n${MARK} `)
      .slice(1)
      .map((part) => {
        const [name = '', ...rest] = part.split('\n');
        return [name, rest.join('\n').trimEnd()];
      }),
  );

/** A document that a program printed, or nothing where it printed an error instead. */
const parseJson = (text: string): Record<string, unknown>[] => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
  } catch {
    return [];
  }
};

const parseDevices = (text: string): Device[] =>
  parseJson(text).map((each) => {
    const flags = (each.flags ?? []) as string[];
    const stats = (each.stats64 ?? {}) as Record<'rx' | 'tx', { packets?: number } | undefined>;
    const addresses = (each.addr_info ?? []) as {
      family?: string;
      local?: string;
      prefixlen?: number;
      scope?: string;
    }[];
    return {
      name: String(each.ifname ?? ''),
      mac: String(each.address ?? '').toLowerCase(),
      up: flags.includes('UP'),
      carrier: flags.includes('LOWER_UP'),
      mtu: Number(each.mtu ?? 0),
      // The link-local addresses of IPv6 are the kernel's own affair.
      addresses: addresses.flatMap(({ family, local, prefixlen, scope }) =>
        local !== undefined && (family === 'inet' || (family === 'inet6' && scope !== 'link'))
          ? [{ address: local, prefixLength: prefixlen ?? (family === 'inet6' ? 128 : 32) }]
          : [],
      ),
      received: stats.rx?.packets ?? 0,
      sent: stats.tx?.packets ?? 0,
    };
  });

const parseAnswer = (text: string): Answer => {
  const [route] = parseJson(text);
  if (!route) return { kind: 'refused', why: text.replace(/^RTNETLINK answers: /, '').split('\n')[0] ?? '' };
  const { type, gateway, dev, prefsrc } = route as Record<string, string | undefined>;
  if (type === 'local') return { kind: 'local' };
  if (['unreachable', 'blackhole', 'prohibit', 'broadcast'].includes(type ?? ''))
    return { kind: 'refused', why: `${type}` };
  const metrics = (route.metrics ?? []) as { advmss?: number }[];
  const advmss = metrics.find((each) => each.advmss !== undefined)?.advmss;
  return {
    kind: 'out',
    device: dev ?? '',
    ...(gateway !== undefined && { via: gateway }),
    ...(prefsrc !== undefined && { source: prefsrc }),
    ...(advmss !== undefined && { advmss }),
  };
};

const parseNeighbours = (text: string): Neighbour[] =>
  parseJson(text).map((each) => ({
    address: String(each.dst ?? ''),
    device: String(each.dev ?? ''),
    ...(typeof each.lladdr === 'string' && { mac: each.lladdr.toLowerCase() }),
    state: String((each.state as string[] | undefined)?.[0] ?? ''),
  }));

const SYSCTL_ROOT = '/proc/sys/net/ipv4/';
const IPV6_ROOT = '/proc/sys/net/';

const parseSysctls = (lines: readonly string[]): Map<string, string> =>
  new Map(
    lines.flatMap((line) => {
      const root = [SYSCTL_ROOT, IPV6_ROOT].find((each) => line.startsWith(each));
      if (root === undefined) return [];
      const [path = '', value = ''] = line.slice(root.length).split(':');
      return [[path.replaceAll('/', '.'), value] as const];
    }),
  );

/** `tcp LISTEN 0 511 *:80 *:* users:(("apache2",pid=444,fd=4))` */
const parseListener = (line: string): Listener[] => {
  const [protocol = '', , , , local = '', , users = ''] = line.trim().split(/\s+/);
  const [, address = '', port = ''] = local.match(/^(.*):(\d+)$/) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') return [];
  const plain = address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/^::ffff:/, '');
  return [
    {
      protocol,
      address: ['*', '0.0.0.0', '::'].includes(plain) ? '*' : plain,
      port: Number(port),
      program: users.match(/"([^"]+)"/)?.[1] ?? '',
    },
  ];
};

const parseCounters = (lines: readonly string[]): Map<string, number> =>
  new Map(
    lines.flatMap((line) => {
      const [, name, value] = line.match(/^(\w+)\s+(\d+)\s/) ?? [];
      return name === undefined ? [] : [[name, Number(value)] as const];
    }),
  );

/** Tables that iptables and arptables keep in nftables, and tell of themselves. */
const OTHERS = /^table (ip|ip6|arp) (filter|nat|mangle|raw|security) \{/;

const parseNftables = (lines: readonly string[]): string[] => {
  let isOther = false;
  return lines.flatMap((line) => {
    if (line.startsWith('table ')) isOther = OTHERS.test(line);
    return !isOther && /\b(drop|reject)\b/.test(line) && !line.startsWith('#') ? [line.trim()] : [];
  });
};

import { z } from 'zod';
import { hasRoom, parseAddress, parsePrefix, prefixLike, whyNotAddress, whyNotPrefix } from './addresses.ts';
import { DEFAULT_MEMORY, MAX_CPUS, MAX_MEMORY, MAX_NODES, MAX_SEGMENTS, MIN_MEMORY } from './limits.ts';
import { EXPECTED_NAME, NAME, nameLike, whyNotName } from './names.ts';
import { byDefault, defaultsOf } from './settings.ts';
import { show } from './show.ts';
import {
  ARP_MEANS,
  FORWARDING_METHODS,
  PROTOCOLS,
  PROVIDER_NAMES,
  REAPPLY,
  SCHEDULER_FLAGS,
  SCHEDULERS,
  TUNNEL_TYPES,
  WEB_SERVERS,
} from './words.ts';

/** What is right in a place, for diagnostics, and the right value that a wrong text most likely stands for. */
export const expectations = z.registry<{ expected: string; suggest?: (text: string) => string | undefined }>();

/** A name that this place defines. */
const nameSchema = z
  .string()
  .regex(NAME, { error: ({ input }) => `the name ${show(input)} ${whyNotName(String(input))}` })
  .register(expectations, { expected: EXPECTED_NAME, suggest: nameLike });

/** A name that is defined elsewhere in the file, or by a check: whether it is, is asked of the whole. */
const reference = (what: string) => z.string().register(expectations, { expected: `the name of ${what}` });

// What an editor can tell by a pattern; of IPv6 its letters.
const OCTET = String.raw`(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4_PATTERN = String.raw`(${OCTET}\.){3}${OCTET}`;
const IPV6_PATTERN = String.raw`[\da-fA-F:]*:[\da-fA-F:]*`;

export const addressSchema = z
  .string()
  .refine((text) => parseAddress(text) !== undefined, {
    error: ({ input }) => `${show(input)} ${whyNotAddress(String(input))}`,
  })
  .meta({ pattern: `^(${IPV4_PATTERN}|${IPV6_PATTERN})$` })
  .register(expectations, { expected: 'an IP address, such as 192.168.1.10 or fd00:1::10' });

const isUsable = (text: string): boolean => {
  const prefix = parsePrefix(text);
  return prefix !== undefined && hasRoom(prefix);
};

export const prefixSchema = z
  .string()
  .refine(isUsable, {
    error: ({ input }) => `${show(input)} ${whyNotPrefix(String(input))}`,
  })
  .meta({
    pattern: String.raw`^(${IPV4_PATTERN}/([89]|[12]\d|30)|${IPV6_PATTERN}/(1[6-9]|[2-9]\d|1[01]\d|12[0-6]))$`,
    examples: ['192.168.1.0/24', 'fd00:1::/64'],
  })
  .register(expectations, {
    expected: 'an IP prefix with host bits zero and room for machines, such as 192.168.1.0/24 or fd00:1::/64',
    suggest: prefixLike,
  });

const UNITS: Readonly<Record<string, number>> = { M: 1, G: 1024 };

/** MiB of `256`, `256M` or `1G`; nothing when it is none of these or out of bounds. */
export const memoryOf = (value: unknown): number | undefined => {
  const [, digits, unit = 'M'] = /^([1-9]\d{0,5})([MG])?$/.exec(String(value)) ?? [];
  const size = Number(digits) * (UNITS[unit] as number);
  return size >= MIN_MEMORY && size <= MAX_MEMORY ? size : undefined;
};

const memoryLike = (text: string): string | undefined => {
  const size = /^(\d{1,6})\s*([mg])(i?b)?$/i.exec(text);
  const plain = size ? `${size[1]}${size[2]?.toUpperCase()}` : '';
  return memoryOf(plain) === undefined ? undefined : plain;
};

const memorySchema = z
  .union([z.int().min(MIN_MEMORY).max(MAX_MEMORY), z.string().regex(/^[1-9]\d{0,5}[MG]$/)])
  .refine((value) => memoryOf(value) !== undefined)
  .meta({
    description: 'Memory of the machine: MiB, or a number with the unit M or G.',
    examples: [256, '512M', '1G'],
    default: DEFAULT_MEMORY,
  })
  .register(expectations, {
    expected: `from ${MIN_MEMORY} MiB to ${MAX_MEMORY / 1024} GiB: a whole number of MiB, or with a unit, as in 256M or 1G`,
    suggest: memoryLike,
  });

export const portSchema = z.int().min(1).max(65535);

export const weightSchema = z
  .int()
  .min(0)
  .max(65535)
  .meta({ description: 'Its share of the connections against the other weights; 0 gives it no new ones.' });

/** What people say where ipvsadm has an abbreviation. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ipip: 'tun',
  tunnel: 'tun',
  tunneling: 'tun',
  direct: 'dr',
  'direct-routing': 'dr',
  gatewaying: 'dr',
  masq: 'nat',
  masquerading: 'nat',
  'round-robin': 'rr',
  'weighted-round-robin': 'wrr',
  'least-connection': 'lc',
  'least-connections': 'lc',
  'weighted-least-connection': 'wlc',
  'weighted-least-connections': 'wlc',
  'source-hash': 'sh',
  'source-hashing': 'sh',
  'destination-hashing': 'dh',
  maglev: 'mh',
};

/** One of a few words. */
const choice = <const Values extends readonly string[]>(values: Values) =>
  z.enum(values).register(expectations, {
    expected: `one of ${values.join(', ')}`,
    suggest: (text) => values.find((value) => value === SYNONYMS[text.toLowerCase().replaceAll(/[_ ]/g, '-')]),
  });

const filled = (schema: z.ZodRecord) =>
  schema.refine((record) => Object.keys(record).length > 0, { error: 'there is none, and a lab has at least one' });

export const nodeSchema = z
  .strictObject({
    links: z
      .record(z.string(), addressSchema)
      .meta({ description: 'The NICs of the machine: for each segment it is on, its address there.' })
      .register(expectations, { expected: 'a map of segments to addresses, such as { inside: 192.168.2.10 }' }),
    gateway: reference('a node on a common segment, or its address there')
      .meta({ description: 'The default gateway: a node on a common segment, or its address there.' })
      .optional(),
    routes: z
      .record(z.string(), reference('a node on a common segment, or its address there'))
      .meta({
        description:
          'Routes beside the default one: for each segment, the node on a common segment that forwards there, or its address.',
        examples: [{ inside: 'router' }],
      })
      .register(expectations, { expected: 'a map of segments to nodes, such as { inside: router }' })
      .optional(),
    sysctl: z
      .record(
        z
          .string()
          .regex(/^[a-z]\w*(\.[\w-]+)+$/, { error: ({ input }) => `${show(input)} is no kernel parameter` })
          .register(expectations, {
            expected: 'a name such as net.ipv4.vs.pmtu_disc',
          }),
        z
          .union([z.int(), z.string().regex(/^[\w .-]{1,100}$/)])
          .register(expectations, { expected: 'a whole number, or plain words' }),
      )
      .meta({
        description: 'Kernel parameters of the machine, beside those that its roles need.',
        examples: [{ 'net.ipv4.vs.pmtu_disc': 0 }],
      })
      .register(expectations, { expected: 'a map of kernel parameters to values' })
      .optional(),
    iptables: z
      .array(
        z
          .string()
          .regex(/^-[AIP] [A-Z]+( [\w.:,!/=-]+)*$/, {
            error: ({ input }) => `${show(input)} is no rule of the packet filter`,
          })
          .register(expectations, { expected: 'a rule as iptables takes it, such as -A INPUT -p icmp -j DROP' }),
      )
      .meta({
        description: 'Rules of the packet filter (the table filter of iptables), in order.',
        examples: [['-A FORWARD -p icmp --icmp-type fragmentation-needed -j DROP']],
      })
      .register(expectations, { expected: 'a list of rules, each as iptables takes it' })
      .optional(),
    advmss: z
      .int()
      .min(536)
      .max(1460)
      .meta({
        description:
          'The largest segment, in bytes, that the machine tells its peers it takes (advmss of its routes); 1440 leaves room for a tunnel.',
      })
      .optional(),
    'static-nat': z
      .record(z.string(), addressSchema)
      .meta({
        description:
          'Static NAT, for a router: its own address that clients request, and the VIP that it translates it to.',
        examples: [{ '203.0.113.1': '192.168.2.100' }],
      })
      .register(expectations, {
        expected: 'a map of its own addresses to VIPs, such as { 203.0.113.1: 192.168.2.100 }',
      })
      .optional(),
    forwarding: z
      .boolean()
      .meta({
        description:
          'Whether the machine forwards packets between its segments, as a router does. True for the director of a nat service, else false, when not given.',
      })
      .optional(),
    memory: memorySchema.optional(),
    cpus: byDefault(1, z.int().min(1).max(MAX_CPUS).meta({ description: 'Virtual processors.' })),
  })
  .meta({ description: 'A virtual machine.' })
  .register(expectations, {
    expected: 'a map with links, such as { links: { inside: 192.168.2.10 }, gateway: router }',
  });

/** The keys of a node that its lab has as the file gives them, or by default. */
export const nodeSettings = nodeSchema.omit({
  links: true,
  gateway: true,
  routes: true,
  sysctl: true,
  iptables: true,
  'static-nat': true,
  forwarding: true,
  memory: true,
});

export const realServerSchema = z.strictObject({
  weight: weightSchema.optional(),
  port: portSchema
    .meta({ description: 'The port it serves on, where that is not the port of the service (nat only).' })
    .optional(),
});

const weightOrServerSchema = z
  .union([weightSchema, realServerSchema])
  .register(expectations, { expected: 'its weight, or a map such as { weight: 2, port: 8080 }' });

const realServersSchema = z
  .union([
    z.array(reference('a node')).min(1),
    z.record(z.string(), weightOrServerSchema).refine((servers) => Object.keys(servers).length > 0),
  ])
  .meta({
    description:
      'The nodes that serve, in the order they are added: a list of names, or a map of names to weights or to { weight, port }.',
  })
  .register(expectations, {
    expected:
      'a list of at least one node, such as [rs1, rs2], or a map of nodes to weights, such as { rs1: 2, rs2: 1 }',
  });

const secondsSchema = (description: string, least: number, byDefault: number) =>
  z.int().min(least).max(3600).default(byDefault).meta({ description });

const fwmarkSchema = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/** The words and defaults of keepalived.conf, with hyphens. */
export const vrrpInstanceSchema = z
  .strictObject({
    'virtual-router-id': z
      .int()
      .min(1)
      .max(255)
      .meta({ description: 'Tells instances on a segment apart; services with the same one move together.' }),
    priority: z
      .record(z.string(), z.int().min(1).max(254))
      .meta({
        description: 'The priority of each director: the highest that is well has the VIP.',
        examples: [{ director1: 100, director2: 90 }],
      })
      .register(expectations, { expected: 'a map of nodes to priorities, such as { director1: 100, director2: 90 }' }),
    'advert-int': z.int().min(1).max(255).default(1).meta({
      description: 'Seconds from one advertisement to the next; after three without one, another takes over.',
    }),
    'lvs-sync-daemon': z
      .boolean()
      .default(true)
      .meta({ description: 'Whether the master tells the others of its connections, so that these outlive it.' }),
  })
  .meta({ description: 'Several directors that share the VIP by VRRP, with keepalived.' })
  .register(expectations, {
    expected: 'a map such as { virtual-router-id: 51, priority: { director1: 100, director2: 90 } }',
  });

/** The words and defaults of keepalived.conf, with hyphens. */
export const healthCheckSchema = z
  .strictObject({
    'delay-loop': secondsSchema('Seconds from one question to the next.', 1, 6),
    'connect-timeout': secondsSchema('Seconds until a connection must stand.', 1, 5),
    retry: z.int().min(0).max(100).default(3).meta({ description: 'Failures after the first one until it counts.' }),
    'delay-before-retry': secondsSchema('Seconds from a failure to the next try.', 0, 1),
    'http-get': z
      .strictObject({ fwmark: fwmarkSchema.meta({ description: 'The mark of requests to the first real server.' }) })
      .meta({
        description:
          'Has keepalived request the VIP from each real server, too (HTTP_GET), in the way that requests of clients get there: by services of its own, with firewall marks from this one on, one for each real server.',
      })
      .register(expectations, { expected: 'a map such as { fwmark: 101 }' })
      .optional(),
  })
  .meta({
    description:
      'Has keepalived make the table of this service, ask each real server by a TCP connection to its own address (TCP_CHECK), and take out those that do not answer.',
  })
  .register(expectations, {
    expected: 'a map such as { delay-loop: 2, retry: 1 }, or {} for the defaults of keepalived',
  });

export const serviceSchema = z
  .strictObject({
    vip: addressSchema
      .meta({
        description: 'The virtual address that clients request; in a segment of the director, owned by no node.',
      })
      .register(expectations, { expected: 'a free address in a segment of the director, such as 192.168.2.100' }),
    port: portSchema.meta({ description: 'The port that clients request.', examples: [80] }),
    protocol: byDefault(
      'tcp',
      choice(PROTOCOLS).meta({
        description:
          'The transport protocol. Real servers of a udp service answer DNS queries, those of a tcp service HTTP.',
      }),
    ),
    scheduler: byDefault(
      'wlc',
      choice(SCHEDULERS).meta({
        description: 'How the director chooses a real server for a new connection, as in ipvsadm.',
      }),
    ),
    'sched-flags': z
      .array(choice(Object.keys(SCHEDULER_FLAGS) as (keyof typeof SCHEDULER_FLAGS)[]))
      .meta({
        description:
          'Flags of the scheduler, as in ipvsadm -b: hash the port too, or take another real server in place of one with weight 0.',
        examples: [['mh-port']],
      })
      .register(expectations, { expected: 'a list of flags, such as [sh-port]' })
      .optional(),
    fwmark: fwmarkSchema
      .meta({
        description:
          'The firewall mark of the service, as in ipvsadm -f: the director gives it to packets from `sources`, so that services with one VIP and port serve different clients.',
      })
      .optional(),
    sources: z
      .array(reference('a segment'))
      .min(1)
      .meta({ description: 'With fwmark: the segments whose clients the service is for.', examples: [['outside']] })
      .register(expectations, { expected: 'a list of segments, such as [outside]' })
      .optional(),
    string: z
      .string()
      .regex(/^[A-Za-z0-9][\w./-]{0,63}$/)
      .meta({
        description:
          'With fwmark: the string in packets that get the mark, as in iptables -m string. It picks no service: see the lab tun-content-string.',
        examples: ['video'],
      })
      .register(expectations, { expected: 'a word of up to 64 letters, digits and . _ / -' })
      .optional(),
    locations: z
      .record(
        z
          .string()
          .regex(/^\/([a-z0-9][a-z0-9_-]{0,31}\/){1,4}$/, {
            error: ({ input }) => `the path ${show(input)} does not begin and end with a slash, or is no plain path`,
          })
          .register(expectations, { expected: 'a path such as /video/' }),
        z.array(reference('a node')).min(1),
      )
      .meta({
        description:
          'Paths that real servers (web-server: nginx) pass on to other servers, each a second tier of its own: a map of paths to nodes.',
        examples: [{ '/video/': ['video1', 'video2'] }],
      })
      .register(expectations, { expected: 'a map of paths to lists of nodes, such as { /video/: [video1, video2] }' })
      .optional(),
    ops: byDefault(
      false,
      z.boolean().meta({
        description: 'One-packet scheduling (udp only): a real server is chosen for every datagram anew.',
      }),
    ),
    'tun-type': byDefault(
      'ipip',
      choice(TUNNEL_TYPES).meta({
        description: 'What tun wraps a request in: IP in IP, Generic UDP Encapsulation (port 6080) or GRE.',
      }),
    ),
    'health-check': healthCheckSchema.optional(),
    'dynamic-weight': z
      .strictObject({ interval: z.int().min(1).max(3600).meta({ description: 'Seconds from one look to the next.' }) })
      .meta({
        description:
          'Has the director ask each real server how many processes want its CPU, and give one that has many a smaller weight.',
        examples: [{ interval: 2 }],
      })
      .register(expectations, { expected: 'a map such as { interval: 2 }' })
      .optional(),
    'web-server': byDefault(
      'apache',
      choice(WEB_SERVERS).meta({ description: 'What real servers of a tcp service answer with.' }),
    ),
    arp: byDefault(
      'sysctl',
      choice(ARP_MEANS).meta({
        description: 'How the real servers of tun and dr keep quiet about the VIP.',
      }),
    ),
    forward: choice(FORWARDING_METHODS).meta({
      description:
        'How a request gets to the real server: tun wraps it in an IP tunnel, dr rewrites its destination MAC address, nat rewrites its destination address.',
    }),
    director: reference('a node').meta({
      description: 'The node that balances; with vrrp-instance the one with the highest priority.',
    }),
    'vrrp-instance': vrrpInstanceSchema.optional(),
    'real-servers': realServersSchema,
  })
  .meta({ description: 'A virtual service of IPVS.' })
  .register(expectations, { expected: 'a map with vip, port, forward, director and real-servers' });

/** The keys of a service that its lab has as the file gives them, or by default. The others take the whole lab to make out. */
export const serviceSettings = serviceSchema.omit({
  vip: true,
  'sched-flags': true,
  fwmark: true,
  sources: true,
  string: true,
  locations: true,
  'vrrp-instance': true,
  'real-servers': true,
});

export const SERVICE_DEFAULTS = defaultsOf(serviceSettings);

// Written out, since editors read the pattern without the flag that character classes by property need.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{0,200}$/;

const oneLineSchema = z
  .string()
  .regex(ONE_LINE, {
    error: 'the summary is longer than a line of 200 characters, or has characters that do not print',
  })
  .register(expectations, { expected: 'one line of text' });

/** Options are judged by the check. */
const checkSchema = z
  .union([
    reference('a check'),
    z.record(z.string(), z.unknown()).superRefine((check, { addIssue }) => {
      const [entry, another] = Object.entries(check);
      if (entry === undefined || another !== undefined)
        addIssue({
          code: 'custom',
          message: `a check is one name, and this map has ${another ? 'more keys' : 'no key'}`,
        });
      else if (typeof entry[1] !== 'object' || Array.isArray(entry[1]))
        addIssue({ code: 'custom', path: [entry[0]], message: 'the options of a check are a map' });
    }),
  ])
  .register(expectations, {
    expected:
      'the name of a check, or one name with its options in braces or indented below it, such as rotation: { requests: 20 }',
  });

export const checksSchema = z
  .array(checkSchema)
  .meta({ description: 'What must be true of the running lab: names of checks, with options where needed.' })
  .register(expectations, { expected: 'a list of checks' });

const commandSchema = z
  .string()
  .regex(/^[^\0]{1,2000}$/s)
  .register(expectations, { expected: 'a shell command line' });

/** The shape only: whether the nodes and checks are there is asked of the whole. */
const commandsSchema = (description: string) =>
  z
    .record(z.string(), z.union([commandSchema, z.array(commandSchema).min(1)]))
    .refine((commands) => Object.keys(commands).length > 0)
    .meta({ description })
    .register(expectations, {
      expected: 'a map of nodes to command lines, such as { rs1: ip link set tunl0 down }',
    });

export const sabotageSchema = z
  .strictObject({
    summary: oneLineSchema.meta({ description: 'What is broken, in one line.' }),
    break: commandsSchema('Shell command lines that break the lab, by the node that root runs them on; in order.'),
    red: z
      .array(reference('a check'))
      .min(1)
      .meta({
        description:
          'The checks of this lab that must fail then, while all others stay as they are: a name, or name/service for those that look at that service.',
      })
      .register(expectations, { expected: 'a list of at least one check of this lab, such as [rotation]' }),
    undo: commandsSchema(
      `Shell command lines that mend it, by node; \`${REAPPLY}\` on each node that was broken when not given.`,
    ).optional(),
  })
  .meta({ description: 'A way to break the lab, which proves its checks.' })
  .register(expectations, { expected: 'a map with summary, break and red' });

export const labSchema = z
  .strictObject({
    name: nameSchema.meta({ description: 'The name of the lab: that of the file without .yaml.' }),
    summary: oneLineSchema.meta({ description: 'What the lab shows, in one line.' }).optional(),
    image: z
      .string()
      .regex(/^(?=.{1,64}$)[a-z0-9]+([.-][a-z0-9]+)*$/, {
        error: ({ input }) => `${show(input)} is not the name of an image`,
      })
      .meta({
        description: 'The guest image of all machines; debian12 when not given.',
        examples: ['debian12'],
      })
      .register(expectations, { expected: 'the name of a guest image, such as debian12' })
      .optional(),
    provider: choice(PROVIDER_NAMES)
      .meta({ description: 'What makes the machines, where neither --provider nor LAB_PROVIDER says; else qemu.' })
      .optional(),
    segments: filled(z.record(nameSchema, prefixSchema))
      .meta({
        description: 'Isolated layer-2 networks: a name and a prefix each, all of IPv4 or all of IPv6.',
        minProperties: 1,
        maxProperties: MAX_SEGMENTS,
      })
      .register(expectations, {
        expected: `a map of 1 to ${MAX_SEGMENTS} names to prefixes, such as { inside: 192.168.2.0/24 }`,
      }),
    nodes: filled(z.record(nameSchema, nodeSchema))
      .meta({ description: 'The machines, by host name.', minProperties: 1, maxProperties: MAX_NODES })
      .register(expectations, {
        expected: `a map of 1 to ${MAX_NODES} host names to machines, such as rs1: { links: { inside: 192.168.2.10 } }`,
      }),
    clients: z
      .array(reference('a node'))
      .meta({ description: 'The nodes that request the services.' })
      .register(expectations, { expected: 'a list of nodes, such as [client]' })
      .optional(),
    services: z
      .record(nameSchema, serviceSchema)
      .meta({ description: 'Virtual services, by name.' })
      .register(expectations, { expected: 'a map of names to services' })
      .optional(),
    checks: checksSchema.optional(),
    sabotages: z
      .record(nameSchema, sabotageSchema)
      .meta({ description: 'Ways to break the lab that prove its checks (lab test --prove), by name.' })
      .register(expectations, { expected: 'a map of names to sabotages' })
      .optional(),
  })
  .register(expectations, { expected: 'a map with name, segments and nodes' });

import { z } from 'zod';
import { type Prefix, parsePrefix, prefixLike, whyNotAddress, whyNotPrefix } from './addresses.ts';
import { SCHEDULERS } from './lab.ts';
import { DEFAULT_MEMORY, MAX_CPUS, MAX_MEMORY, MAX_NODES, MAX_SEGMENTS, MIN_MEMORY } from './limits.ts';
import { EXPECTED_NAME, NAME, nameLike, whyNotName } from './names.ts';
import { show } from './show.ts';

/** What is right in a place, for diagnostics, and the right value that a wrong text most likely stands for. */
export const expectations = z.registry<{ expected: string; suggest?: (text: string) => string | undefined }>();

/** A name that this place defines. */
const nameSchema = z
  .string()
  .regex(NAME, { error: ({ input }) => `the name ${show(input)} ${whyNotName(String(input))}` })
  .register(expectations, { expected: EXPECTED_NAME, suggest: nameLike });

/** A name that is defined elsewhere in the file, or by a check: whether it is, is asked of the whole. */
const reference = (what: string) => z.string().register(expectations, { expected: `the name of ${what}` });

export const addressSchema = z
  .ipv4({
    error: ({ code, input }) =>
      code === 'invalid_format' ? `${show(input)} ${whyNotAddress(String(input))}` : undefined,
  })
  .register(expectations, { expected: 'an IPv4 address, such as 192.168.1.10' });

/** At /31 and /32 a network and a broadcast address leave no machine; the bound above is that of real networks. */
const hasRoom = (prefix: Prefix | undefined): boolean =>
  prefix !== undefined && prefix.length >= 8 && prefix.length <= 30;

export const prefixSchema = z
  .string()
  .refine((text) => hasRoom(parsePrefix(text)), {
    error: ({ input }) => `${show(input)} ${whyNotPrefix(String(input))}`,
  })
  .meta({ pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}/([89]|[12]\d|30)$`, examples: ['192.168.1.0/24'] })
  .register(expectations, {
    expected: 'an IPv4 prefix with host bits zero and a length from 8 to 30, such as 192.168.1.0/24',
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
    forwarding: z
      .boolean()
      .meta({
        description:
          'Whether the machine forwards packets between its segments, as a router does. True for the director of a nat service, else false, when not given.',
      })
      .optional(),
    memory: memorySchema.optional(),
    cpus: z.int().min(1).max(MAX_CPUS).meta({ description: 'Virtual processors.', default: 1 }).optional(),
  })
  .meta({ description: 'A virtual machine.' })
  .register(expectations, {
    expected: 'a map with links, such as { links: { inside: 192.168.2.10 }, gateway: router }',
  });

const realServerSchema = z
  .union([
    weightSchema,
    z.strictObject({
      weight: weightSchema.optional(),
      port: portSchema
        .meta({ description: 'The port it serves on, where that is not the port of the service (nat only).' })
        .optional(),
    }),
  ])
  .register(expectations, { expected: 'its weight, or a map such as { weight: 2, port: 8080 }' });

const realServersSchema = z
  .union([
    z.array(reference('a node')).min(1),
    z.record(z.string(), realServerSchema).refine((servers) => Object.keys(servers).length > 0),
  ])
  .meta({
    description:
      'The nodes that serve, in the order they are added: a list of names, or a map of names to weights or to { weight, port }.',
  })
  .register(expectations, {
    expected:
      'a list of at least one node, such as [rs1, rs2], or a map of nodes to weights, such as { rs1: 2, rs2: 1 }',
  });

export const serviceSchema = z
  .strictObject({
    vip: addressSchema
      .meta({
        description: 'The virtual address that clients request; in a segment of the director, owned by no node.',
      })
      .register(expectations, { expected: 'a free IPv4 address in a segment of the director, such as 192.168.2.100' }),
    port: portSchema.meta({ description: 'The port that clients request.', examples: [80] }),
    protocol: z
      .enum(['tcp'])
      .meta({ description: 'The transport protocol.', default: 'tcp' })
      .register(expectations, { expected: 'tcp, the only protocol so far' })
      .optional(),
    scheduler: choice(SCHEDULERS)
      .meta({
        description: 'How the director chooses a real server for a new connection, as in ipvsadm.',
        default: 'wlc',
      })
      .optional(),
    forward: choice(['tun', 'dr', 'nat']).meta({
      description:
        'How a request gets to the real server: tun wraps it in an IP tunnel, dr rewrites its destination MAC address, nat rewrites its destination address.',
    }),
    director: reference('a node').meta({ description: 'The node that balances.' }),
    'real-servers': realServersSchema,
  })
  .meta({ description: 'A virtual service of IPVS.' })
  .register(expectations, { expected: 'a map with vip, port, forward, director and real-servers' });

// Written out, since editors read the pattern without the flag that character classes by property need.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{0,200}$/;

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

export const labSchema = z
  .strictObject({
    name: nameSchema.meta({ description: 'The name of the lab: that of the file without .yaml.' }),
    summary: z
      .string()
      .regex(ONE_LINE, {
        error: 'the summary is longer than a line of 200 characters, or has characters that do not print',
      })
      .meta({ description: 'What the lab shows, in one line.' })
      .register(expectations, { expected: 'one line of text' })
      .optional(),
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
    segments: filled(z.record(nameSchema, prefixSchema))
      .meta({
        description: 'Isolated layer-2 networks: a name and an IPv4 prefix each.',
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
  })
  .register(expectations, { expected: 'a map with name, segments and nodes' });

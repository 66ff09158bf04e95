import { type Address, type Prefix, parseAddress, parsePrefix } from './addresses.ts';
import { isMap, mapOf, type Parts, partsOf, type Readers, sound } from './parts.ts';
import type { Path } from './path.ts';
import {
  addressSchema,
  labSchema,
  memoryOf,
  nodeSchema,
  prefixSchema,
  realServerSchema,
  sabotageSchema,
  serviceSchema,
  vrrpInstanceSchema,
} from './schema.ts';
import type { Spelt } from './spelling.ts';

/**
 * What a lab file says, as far as its parts are well-formed; the validation of the parts against each other works on
 * it. A part that is not well-formed is absent here and has its diagnostic already. Keys are those of the schema, each as
 * its value is there, but for those that have a reader below.
 */
export interface Draft extends Parts<typeof labSchema, typeof LAB> {
  /** Where the file names no client, well-formed or not: the key to blame. */
  readonly withoutClients?: 'clients' | 'services' | undefined;
  /** Whether the file's own keys are all known, so that one it lacks is not merely misspelt. */
  readonly whole: boolean;
}

export interface DraftReference {
  readonly name: string;
  readonly path: Path;
}

export interface DraftSegment {
  readonly name: string;
  readonly prefix?: Prefix | undefined;
}

export interface DraftNode extends Parts<typeof nodeSchema, typeof NODE> {
  readonly name: string;
  /** Whether every part of it is well-formed. */
  readonly whole: boolean;
}

export interface DraftLink {
  readonly segment: string;
  readonly address?: Address | undefined;
}

/** What the file says of a route: the segment it leads to, and the node or address that forwards there. */
export interface DraftRoute {
  readonly to: string;
  readonly via: string;
}

export interface DraftStaticNat {
  /** As the file has it. */
  readonly public: string;
  readonly private: Address;
}

export interface DraftService extends Parts<typeof serviceSchema, typeof SERVICE> {
  readonly name: string;
}

export interface DraftLocation {
  /** A path of URLs. */
  readonly location: string;
  readonly servers: readonly DraftReference[];
}

export interface DraftVrrpInstance extends Omit<Spelt<typeof vrrpInstanceSchema>, 'priority'> {
  /** In file order; the name is that of the node. */
  readonly directors: readonly (DraftReference & { readonly priority: number })[];
}

export interface DraftRealServer extends DraftReference, Partial<Parts<typeof realServerSchema>> {}

export interface DraftCheck extends DraftReference {
  readonly options: Readonly<Record<string, unknown>>;
}

export interface DraftSabotage extends Parts<typeof sabotageSchema, typeof SABOTAGE> {
  readonly name: string;
}

/** The name is that of the node. */
export interface DraftCommand extends DraftReference {
  readonly command: string;
}

/** The draft of a file's value, whatever that is. */
export const draftOf = (value: unknown): Draft => {
  const { clients } = mapOf(value);
  return {
    ...partsOf(labSchema, LAB, value, []),
    withoutClients:
      clients === undefined ? 'services' : Array.isArray(clients) && clients.length === 0 ? 'clients' : undefined,
    whole: Object.keys(mapOf(value)).every((key) => Object.hasOwn(labSchema.shape, key)),
  };
};

const LAB = {
  segments: (value, path): ReadonlyMap<string, DraftSegment> => named(value, path, segmentOf),
  nodes: (value, path): ReadonlyMap<string, DraftNode> => named(value, path, nodeOf),
  clients: (value, path): readonly DraftReference[] => referencesOf(value, path),
  services: (value, path): ReadonlyMap<string, DraftService> => named(value, path, serviceOf),
  checks: (value, path): readonly DraftCheck[] =>
    Array.isArray(value) ? value.flatMap((check, index) => checkOf(check, [...path, index])) : [],
  sabotages: (value, path): readonly DraftSabotage[] => [...named(value, path, sabotageOf).values()],
} satisfies Readers<typeof labSchema>;

const named = <T>(value: unknown, path: Path, make: (name: string, value: unknown, path: Path) => T): Map<string, T> =>
  new Map(Object.entries(mapOf(value)).map(([name, entry]) => [name, make(name, entry, [...path, name])]));

const referencesOf = (value: unknown, path: Path): DraftReference[] =>
  Array.isArray(value)
    ? value.flatMap((name, index) => (typeof name === 'string' ? [{ name, path: [...path, index] }] : []))
    : [];

const segmentOf = (name: string, value: unknown): DraftSegment => {
  const text = sound(prefixSchema, value);
  return { name, prefix: text === undefined ? undefined : parsePrefix(text) };
};

const addressOf = (value: unknown): Address | undefined => {
  const text = sound(addressSchema, value);
  return text === undefined ? undefined : parseAddress(text);
};

const nodeOf = (name: string, value: unknown, path: Path): DraftNode => ({
  ...partsOf(nodeSchema, NODE, value, path),
  name,
  whole: nodeSchema.safeParse(value).success,
});

const NODE = {
  links: (value): readonly DraftLink[] =>
    Object.entries(mapOf(value)).map(([segment, address]) => ({ segment, address: addressOf(address) })),
  routes: (value): readonly DraftRoute[] =>
    Object.entries(mapOf(value)).flatMap(([to, via]) => (typeof via === 'string' ? [{ to, via }] : [])),
  sysctl: (value): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(sound(nodeSchema.shape.sysctl, value) ?? {}).map(([key, given]) => [key, String(given)]),
    ),
  iptables: (value): readonly (readonly string[])[] =>
    (sound(nodeSchema.shape.iptables, value) ?? []).map((rule) => rule.split(' ')),
  'static-nat': (value): readonly DraftStaticNat[] =>
    Object.entries(mapOf(value)).flatMap(([text, to]) => {
      const address = addressOf(to);
      return address === undefined ? [] : [{ public: text, private: address }];
    }),
  memory: memoryOf,
} satisfies Readers<typeof nodeSchema>;

const serviceOf = (name: string, value: unknown, path: Path): DraftService => ({
  ...partsOf(serviceSchema, SERVICE, value, path),
  name,
});

const SERVICE = {
  vip: addressOf,
  sources: referencesOf,
  locations: (value, path): readonly DraftLocation[] =>
    Object.entries(sound(serviceSchema.shape.locations, value) ?? {}).map(([location, nodes]) => ({
      location,
      servers: referencesOf(nodes, [...path, location]),
    })),
  'vrrp-instance': (value, path): DraftVrrpInstance | undefined => {
    const instance = sound(vrrpInstanceSchema, value);
    if (!instance) return undefined;
    const { priority, ...settings } = instance;
    const directors = Object.entries(priority).map(([name, own]) => ({
      name,
      priority: own,
      path: [...path, 'priority', name],
    }));
    return { ...settings, directors };
  },
  'real-servers': (value, path): readonly DraftRealServer[] =>
    isMap(value)
      ? Object.entries(value).map(([name, server]) => realServerOf(name, server, [...path, name]))
      : referencesOf(value, path),
} satisfies Readers<typeof serviceSchema>;

const realServerOf = (name: string, value: unknown, path: Path): DraftRealServer => ({
  ...partsOf(realServerSchema, {}, isMap(value) ? value : { weight: value }, path),
  name,
  path,
});

const sabotageOf = (name: string, value: unknown, path: Path): DraftSabotage => ({
  ...partsOf(sabotageSchema, SABOTAGE, value, path),
  name,
});

const commandsOf = (value: unknown, path: Path): readonly DraftCommand[] =>
  Object.entries(mapOf(value)).flatMap(([name, commands]) =>
    [commands]
      .flat()
      .flatMap((command) => (typeof command === 'string' ? [{ name, path: [...path, name], command }] : [])),
  );

const SABOTAGE = {
  break: commandsOf,
  red: referencesOf,
  /** Absent where the file leaves it to the nodes' own scripts. */
  undo: (value, path): readonly DraftCommand[] | undefined =>
    value === undefined ? undefined : commandsOf(value, path),
} satisfies Readers<typeof sabotageSchema>;

const checkOf = (value: unknown, path: Path): DraftCheck[] => {
  if (typeof value === 'string') return [{ name: value, path, options: {} }];
  const [entry, another] = Object.entries(mapOf(value));
  if (!entry || another) return [];
  const [name, options] = entry;
  return isMap(options) || options === null ? [{ name, path: [...path, name], options: mapOf(options) }] : [];
};

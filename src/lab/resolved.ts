import { z } from 'zod';
import { asItWas, exactly, type RecordFile, recordFile } from '../support/record-file.ts';
import type {
  CheckSpec,
  Lab,
  Link,
  Location,
  Node,
  NodeCommand,
  RealServer,
  Route,
  Sabotage,
  Segment,
  Service,
  StaticNat,
  VrrpInstance,
} from './lab.ts';
import {
  addressSchema,
  nodeSettings,
  portSchema,
  prefixSchema,
  serviceSettings,
  vrrpInstanceSchema,
  weightSchema,
} from './schema.ts';
import { settledShape } from './settings.ts';
import { PROVIDER_NAMES, SCHEDULER_FLAGS, type SchedulerFlag } from './words.ts';

const name = z.string().min(1);
const count = z.int().min(0);

const segment = exactly<Segment>({ name, prefix: prefixSchema, index: z.int().min(1) });

const node = exactly<Node>({
  ...settledShape(nodeSettings),
  name,
  index: z.int().min(1),
  roles: z.array(z.enum(['client', 'router', 'director', 'real-server'])),
  links: z.array(
    exactly<Link>({
      segment: name,
      address: addressSchema,
      prefixLength: count,
      mac: z.string().regex(/^([\da-f]{2}:){5}[\da-f]{2}$/, 'it is no MAC address'),
    }),
  ),
  gateway: exactly<NonNullable<Node['gateway']>>({ node: name, address: addressSchema, segment: name }).optional(),
  routes: z.array(
    exactly<Route>({ to: name, prefix: prefixSchema, node: name, address: addressSchema, segment: name }),
  ),
  sysctl: z.record(z.string(), z.string()),
  iptables: z.array(z.array(z.string())),
  staticNat: z.array(exactly<StaticNat>({ public: addressSchema, private: addressSchema })),
  forwarding: z.boolean(),
  memory: z.int().min(1),
});

const realServer = exactly<RealServer>({
  node: name,
  address: addressSchema,
  port: portSchema,
  weight: weightSchema,
  answeredBy: z.array(name).optional(),
});

const vrrp = exactly<VrrpInstance>({
  ...settledShape(vrrpInstanceSchema.omit({ priority: true })),
  directors: z.array(
    exactly<VrrpInstance['directors'][number]>({ node: name, address: addressSchema, priority: count }),
  ),
});

const location = exactly<Location>({
  path: z.string(),
  servers: z.array(exactly<Location['servers'][number]>({ node: name, address: addressSchema })),
});

const service = exactly<Service>({
  ...settledShape(serviceSettings),
  name,
  vip: addressSchema,
  schedulerFlags: z.array(z.enum(Object.keys(SCHEDULER_FLAGS) as SchedulerFlag[])),
  upstream: name.optional(),
  vrrp: vrrp.optional(),
  segment: name,
  realServers: z.array(realServer),
  clients: z.array(name),
  fwmark: exactly<NonNullable<Service['fwmark']>>({
    mark: count,
    sources: z.array(prefixSchema),
    string: z.string().optional(),
  }).optional(),
  locations: z.array(location),
  public: exactly<NonNullable<Service['public']>>({ address: addressSchema, node: name }).optional(),
});

const command = exactly<NodeCommand>({ node: name, command: z.string() });

const resolvedLab = exactly<Lab>({
  name,
  summary: z.string(),
  image: z.string().optional(),
  provider: z.enum(PROVIDER_NAMES).optional(),
  segments: z.array(segment),
  nodes: z.array(node),
  clients: z.array(name),
  services: z.array(service),
  checks: z.array(exactly<CheckSpec>({ name, options: z.record(z.string(), z.unknown()) })),
  sabotages: z.array(
    exactly<Sabotage>({
      name,
      summary: z.string(),
      break: z.array(command),
      red: z.array(z.string()),
      undo: z.array(command),
    }),
  ),
});

/**
 * Files that hold a resolved lab. Checked are the fields, at every level: that each is there, of its type, one of the
 * words it may be, an address or a prefix where it is to be one; settings by the schema of the lab file, spelt as code has
 * them. And that there are no others, since a lab that is only half understood would be another one. Not checked are names
 * of nodes and segments against those that there are, and options of checks: they were when the lab was resolved.
 */
export const labRecords: RecordFile<Lab> = recordFile({
  schema: resolvedLab,
  upgrades: [asItWas],
  // A lab file of 1 MiB, the limit, is several times of that once all of it is filled in.
  maxSize: 64 * 1024 ** 2,
});

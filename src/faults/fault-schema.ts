import { z } from 'zod';
import type { Fault } from './faults.ts';
import { NETEM_SETTINGS } from './netem-settings.ts';

const node = z.string();
const segment = z.string();

const KINDS = {
  kill: z.strictObject({ kind: z.literal('kill'), node }),
  pause: z.strictObject({ kind: z.literal('pause'), node }),
  partition: z.strictObject({ kind: z.literal('partition'), nodes: z.tuple([node, node]) }),
  link: z.strictObject({ kind: z.literal('link'), node, segment }),
  netem: z.strictObject({
    kind: z.literal('netem'),
    node,
    segment,
    settings: z.partialRecord(z.enum(NETEM_SETTINGS.map(({ name }) => name)), z.string()),
  }),
  service: z.strictObject({ kind: z.literal('service'), node, units: z.array(z.string()) }),
} satisfies { [K in Fault['kind']]: z.ZodType<Extract<Fault, { kind: K }>> };

/** What proves that a value is a fault, of a kind that there is. */
export const faultSchema: z.ZodType<Fault> = z.discriminatedUnion('kind', [
  KINDS.kill,
  KINDS.pause,
  KINDS.partition,
  KINDS.link,
  KINDS.netem,
  KINDS.service,
]);

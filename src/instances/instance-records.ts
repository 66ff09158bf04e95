import { z } from 'zod';
import { processIdentitySchema } from '../support/process-identity.ts';
import { asItWas, exactly, type RecordFile, recordFile } from '../support/record-file.ts';
import type { InstanceRecord } from './instance.ts';

/** Files that hold what is kept of an instance beside its lab: of one that is there, and of one that a moment is of. */
export const instanceRecords: RecordFile<InstanceRecord> = recordFile({
  schema: exactly<InstanceRecord>({
    name: z.string(),
    lab: z.string(),
    provider: z.string(),
    image: z.string(),
    created: z.string(),
    phase: z.enum(['creating', 'up', 'stopped', 'removing']),
    owner: processIdentitySchema.optional(),
    state: z.string().optional(),
  }),
  upgrades: [asItWas],
});

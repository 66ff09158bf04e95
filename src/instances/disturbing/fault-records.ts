import { z } from 'zod';
import { faultSchema } from '../../faults/fault-schema.ts';
import type { Fault } from '../../faults/faults.ts';
import { exactly, recordFile } from '../../support/record-file.ts';
import { instanceLayout } from '../instance.ts';

/** A fault of an instance, on disk from before it is made until it is undone: so it can be undone by another process. */
export interface FaultRecord {
  /** From 1; what `lab heal` knows it by. */
  readonly number: number;
  /** ISO 8601. */
  readonly since: string;
  readonly fault: Fault;
}

const faultFiles = recordFile<{ readonly faults: readonly FaultRecord[] }>({
  schema: z.strictObject({
    faults: z.array(exactly<FaultRecord>({ number: z.int().min(1), since: z.string(), fault: faultSchema })),
  }),
  // Once the file was nothing but the list.
  upgrades: [(older) => ({ faults: older })],
});

/** The faults that an instance has, the oldest first. @throws LabError when their file is damaged, or of a newer lab. */
export const faultRecords = async (instance: string): Promise<readonly FaultRecord[]> => {
  const found = await faultFiles.read(instanceLayout(instance).faults, {
    tried: `read the faults of ${instance}`,
    next: `put it back to where it was without them: lab reset ${instance}`,
  });
  return found?.faults ?? [];
};

export const writeFaultRecords = (instance: string, faults: readonly FaultRecord[]): Promise<void> =>
  faultFiles.write(instanceLayout(instance).faults, { faults });

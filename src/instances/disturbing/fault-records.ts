import { readFile } from 'node:fs/promises';
import type { Fault } from '../../faults/faults.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { instanceLayout } from '../instance.ts';

/** A fault of an instance, on disk from before it is made until it is undone: so it can be undone by another process. */
export interface FaultRecord {
  /** From 1; what `lab heal` knows it by. */
  readonly number: number;
  /** ISO 8601. */
  readonly since: string;
  readonly fault: Fault;
}

/** The faults that an instance has, the oldest first. */
export const faultRecords = async (instance: string): Promise<FaultRecord[]> => {
  const { faults } = instanceLayout(instance);
  try {
    return JSON.parse(await readFile(faults, 'utf8')) as FaultRecord[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new LabError({
      tried: `read the faults of ${instance}`,
      happened: `${faults}: ${messageOf(error)}`,
      next: `put it back to where it was without them: lab reset ${instance}`,
      cause: error,
    });
  }
};

export const writeFaultRecords = (instance: string, records: readonly FaultRecord[]): Promise<void> =>
  writeFileAtomic(instanceLayout(instance).faults, `${JSON.stringify(records, null, 2)}\n`);

import { describeFault } from '../../faults/faults.ts';
import type { MachineState } from '../../guest/machine.ts';
import type { Role } from '../../lab/lab.ts';
import type { Providers } from '../../providers/registry.ts';
import { lockHolder } from '../../support/lock.ts';
import { MadeByNewer } from '../../support/record-file.ts';
import { type FaultRecord, faultRecords } from '../disturbing/fault-records.ts';
import { type InstanceRecord, instanceLayout, placeOf } from '../instance.ts';
import { instanceNamed, instanceNames, isOrphan, readInstance } from '../store.ts';

export interface NodeStatus extends MachineState {
  roles: readonly Role[];
  addresses: Record<string, string>;
}

export interface InstanceStatus extends InstanceRecord {
  nodes: NodeStatus[];
  faults: FaultStatus[];
}

/** A fault that is made and not undone. */
export interface FaultStatus extends FaultRecord {
  /** What is wrong, in one line. */
  what: string;
}

/** What an instance is made of and how each machine fares. @throws LabError, exit code 2, when there is none. */
export const instanceStatus = async (providers: Providers, name: string): Promise<InstanceStatus> => {
  const instance = await instanceNamed(name);
  const states = await providers.named(instance.provider).states(placeOf(instance));
  const { definition, ...record } = instance;
  return {
    ...record,
    nodes: definition.nodes.map((node) => ({
      ...(states.find((state) => state.node === node.name) ?? { node: node.name, status: 'stopped' }),
      roles: node.roles,
      addresses: Object.fromEntries(node.links.map((link) => [link.segment, link.address])),
    })),
    faults: await faultsOf(name),
  };
};

/** The faults that an instance has, the oldest first. */
export const faultsOf = async (name: string): Promise<FaultStatus[]> =>
  (await faultRecords(name)).map((record) => ({ ...record, what: describeFault(record.fault) }));

/** An instance as a list shows it; `leftBehind` when who made or removed it was killed. */
export type Listed =
  | (InstanceRecord & { leftBehind: boolean })
  | { name: string; damaged: true }
  | { name: string; newer: true };

/** The record of every instance; a damaged one, and one of a newer lab, are told by their name alone. */
export const allInstances = async (): Promise<Listed[]> =>
  Promise.all(
    (await instanceNames()).map(async (name): Promise<Listed> => {
      const instance = await readInstance(name).catch((error: unknown) =>
        error instanceof MadeByNewer ? ('newer' as const) : undefined,
      );
      if (instance === 'newer') return { name, newer: true };
      if (!instance) return { name, damaged: true };
      const { definition: _, ...record } = instance;
      const unfinished = record.phase === 'creating' || record.phase === 'removing' || (await isOrphan(record));
      return { ...record, leftBehind: unfinished && !(await lockHolder(instanceLayout(name).lock)) };
    }),
  );

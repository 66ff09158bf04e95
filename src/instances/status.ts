import type { Role } from '../lab/lab.ts';
import type { MachineState } from '../providers/provider.ts';
import { providerNamed } from '../providers/providers.ts';
import { lockHolder } from '../support/lock.ts';
import { type InstanceRecord, instanceLayout, placeOf } from './instance.ts';
import { instanceNamed, instanceNames, readInstance } from './store.ts';

export interface NodeStatus extends MachineState {
  roles: readonly Role[];
  addresses: Record<string, string>;
}

export interface InstanceStatus extends InstanceRecord {
  nodes: NodeStatus[];
}

/** What an instance is made of and how each machine fares. @throws LabError, exit code 2, when there is none. */
export const instanceStatus = async (name: string): Promise<InstanceStatus> => {
  const instance = await instanceNamed(name);
  const states = await providerNamed(instance.provider).states(placeOf(instance));
  const { definition, ...record } = instance;
  return {
    ...record,
    nodes: definition.nodes.map((node) => ({
      ...(states.find((state) => state.node === node.name) ?? { node: node.name, status: 'stopped' }),
      roles: node.roles,
      addresses: Object.fromEntries(node.links.map((link) => [link.segment, link.address])),
    })),
  };
};

/** An instance as a list shows it; `leftBehind` when who made or removed it was killed. */
export type Listed = (InstanceRecord & { leftBehind: boolean }) | { name: string; damaged: true };

/** The record of every instance; a damaged one is told by its name alone. */
export const allInstances = async (): Promise<Listed[]> =>
  Promise.all(
    (await instanceNames()).map(async (name) => {
      const instance = await readInstance(name).catch(() => undefined);
      if (!instance) return { name, damaged: true as const };
      const { definition: _, ...record } = instance;
      const halfway = record.phase === 'creating' || record.phase === 'removing';
      return { ...record, leftBehind: halfway && !(await lockHolder(instanceLayout(name).lock)) };
    }),
  );

import type { Fault, FaultAccess, FaultActions, FaultKind } from './fault.ts';
import { link } from './link.ts';
import { kill, pause } from './machine.ts';
import { netem } from './netem.ts';
import { partition } from './partition.ts';
import { service } from './service.ts';

/** In the order in which they are undone: a guest is asked only when its machine runs. */
const ACTIONS: { [K in FaultKind]: FaultActions<Extract<Fault, { kind: K }>> } = {
  pause,
  kill,
  link,
  partition,
  netem,
  service,
};

export const FAULT_KINDS = Object.keys(ACTIONS) as FaultKind[];

export const describeFault = (fault: Fault): string => actionsOf(fault).describe(fault);
export const applyFault = (access: FaultAccess, fault: Fault): Promise<void> => actionsOf(fault).apply(access, fault);
export const undoFault = (access: FaultAccess, fault: Fault): Promise<void> => actionsOf(fault).undo(access, fault);

/** Sorts faults so that each can be undone when those before it are. */
export const inOrderOfUndoing = <T extends { readonly fault: Fault }>(records: readonly T[]): T[] =>
  records.toSorted((a, b) => FAULT_KINDS.indexOf(a.fault.kind) - FAULT_KINDS.indexOf(b.fault.kind));

const actionsOf = (fault: Fault): FaultActions<Fault> => ACTIONS[fault.kind] as unknown as FaultActions<Fault>;

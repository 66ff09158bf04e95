import type { Guest } from '../guest/guest.ts';
import type { MachineControls } from '../guest/machine.ts';
import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import type { NetemSettings } from './netem-settings.ts';

/** A disturbance of a running lab that can be undone. Plain data: what is on disk of it is enough to undo it. */
export type Fault =
  | { readonly kind: 'kill'; readonly node: string }
  | { readonly kind: 'pause'; readonly node: string }
  | { readonly kind: 'partition'; readonly nodes: readonly [string, string] }
  | { readonly kind: 'link'; readonly node: string; readonly segment: string }
  | { readonly kind: 'netem'; readonly node: string; readonly segment: string; readonly settings: NetemSettings }
  | { readonly kind: 'service'; readonly node: string; readonly units: readonly string[] };

export type FaultKind = Fault['kind'];

/** The ways to a lab that faults take. */
export interface FaultAccess {
  readonly lab: Lab;
  /** Of the guests: decides the names of services. */
  readonly family: Family;
  guest(node: string): Promise<Pick<Guest, 'must'>>;
  /** A machine's power, pause button and cables. `start` waits until it is ready. */
  machine(node: string): Promise<MachineControls>;
}

/** How one kind of fault is told, made and undone. */
export interface FaultActions<F extends Fault> {
  /** One line: what is wrong while it lasts. */
  describe(fault: F): string;
  apply(access: FaultAccess, fault: F): Promise<void>;
  /** Undoes it, also where it was only half made, or has gone by itself since. */
  undo(access: FaultAccess, fault: F): Promise<void>;
}

/** Whether two are the same disturbance of the same thing, whatever its measure. */
export const sameTarget = (one: Fault, other: Fault): boolean => targetOf(one) === targetOf(other);

const targetOf = (fault: Fault): string => {
  switch (fault.kind) {
    case 'partition':
      return ['partition', ...[...fault.nodes].sort()].join(' ');
    case 'link':
    case 'netem':
      return [fault.kind, fault.node, fault.segment].join(' ');
    case 'service':
      return ['service', fault.node, ...fault.units].join(' ');
    default:
      return [fault.kind, fault.node].join(' ');
  }
};

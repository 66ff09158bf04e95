import type { Guest } from '../guest/guest.ts';
import type { MachineControls } from '../guest/machine.ts';
import type { Lab } from '../lab/lab.ts';
import type { FaultWords } from './words.ts';

/** The ways to a lab that faults take. */
export interface FaultAccess {
  readonly lab: Lab;
  guest(node: string): Promise<Pick<Guest, 'must'>>;
  /** A machine's power, pause button and cables. `start` waits until it is ready. */
  machine(node: string): Promise<MachineControls>;
}

/** What the words of a fault on the command line ask for: to make one, or to undo one. */
export interface FaultRequest<F> {
  readonly fault: F;
  readonly undo: boolean;
}

/** An option of the command line that belongs to one kind of fault. */
export interface FaultOption {
  readonly name: string;
  /** What its value is called. */
  readonly value: string;
  readonly help: string;
}

/** All there is to one kind of fault. `F` is plain data: what is on disk of it is enough to undo it. */
export interface FaultKind<F extends { readonly kind: string }> {
  readonly kind: F['kind'];
  /** Its words on the command line, and what they do. */
  readonly usage: readonly [words: string, what: string];
  /** Another first word, which undoes it. */
  readonly undoneBy?: string;
  readonly options?: readonly FaultOption[];
  /** @throws LabError, exit code 2, where the words or options are not its own. */
  parse(words: FaultWords): FaultRequest<F>;
  /** What it disturbs, whatever its measure. */
  target(fault: F): readonly string[];
  /** One line: what is wrong while it lasts. */
  describe(fault: F): string;
  apply(access: FaultAccess, fault: F): Promise<void>;
  /** Undoes it, also where it was only half made, or has gone by itself since. */
  undo(access: FaultAccess, fault: F): Promise<void>;
}

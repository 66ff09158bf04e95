import { inUnits } from '../host/capacity.ts';
import type { Ticket } from './ticket.ts';

/** Characters of a command line that are shown: that of a test may name many labs. */
const LONGEST = 60;

/** Why it is not yet the turn of a ticket. */
export type Lack =
  | { readonly of: 'cores'; readonly busy: readonly Ticket[]; readonly before: readonly Ticket[] }
  | { readonly of: 'memory'; readonly left: number; readonly holders: readonly string[] };

/** The host's memory as far as instances can have it. */
export interface MemoryRoom {
  /** Bytes left beside what instances have taken and may still take. */
  readonly left: number;
  /** Bytes that would be left if no instance were up. */
  readonly most: number;
  /** Instances that have some. */
  readonly holders: readonly string[];
}

/**
 * Whether a ticket has to wait for the cores: for others that are before it, or until no more than `limit` virtual CPUs
 * come up at the same time. Work on more machines than that has its turn when it is alone.
 *
 * The queue is passed through in its order, so that no large lab waits for ever while small ones go by. Only who wants no
 * memory goes past those who wait for memory: that may take until somebody takes a lab down.
 */
export const lackOfCores = (own: Ticket, tickets: readonly Ticket[], limit: number): Lack | undefined => {
  const busy = tickets.filter(({ admitted }) => admitted);
  const ahead = tickets.filter(({ admitted, number }) => !admitted && number < own.number);
  const stuck = own.memory === 0 ? ahead.findIndex(({ wantsMemory }) => wantsMemory) : -1;
  const before = stuck < 0 ? ahead : ahead.filter(({ memory }, index) => index < stuck || memory === 0);
  const used = busy.reduce((sum, { cpus }) => sum + cpus, 0);
  const fits = used === 0 || used + own.cpus <= limit;
  return fits && before.length === 0 ? undefined : { of: 'cores', busy, before };
};

export const lackOfMemory = (own: Ticket, { left, holders }: MemoryRoom): Lack | undefined =>
  own.memory <= left ? undefined : { of: 'memory', left, holders };

/** What a ticket waits for, in one line for a person. `cores` is how many the host has. */
export const describeLack = (lack: Lack, own: Ticket, cores: number): string => {
  if (lack.of === 'memory') {
    const beside =
      lack.holders.length > 0 ? ` beside what ${lack.holders.join(', ')} may take; lab down gives it back` : '';
    return `it needs ${inUnits(own.memory)} of memory, and ${inUnits(lack.left)} are left${beside}`;
  }
  const { busy, before } = lack;
  const [first] = before;
  if (first?.wantsMemory) return `before it in the queue is ${named(first)}, which waits for memory`;
  const queue =
    before.length > 0 ? `; before it in the queue: ${before.map(({ instance }) => instance).join(', ')}` : '';
  if (busy.length === 0) return `it is soon its turn${queue}`;
  return `${cores === 1 ? '1 core is' : `${cores} cores are`} busy ${busy.map(doing).join(', ')}${queue}`;
};

/** The same for two lacks of which a person need not be told twice. */
export const keyOfLack = (lack: Lack): string =>
  JSON.stringify(
    lack.of === 'memory'
      ? lack.holders
      : [lack.busy, lack.before].map((tickets) => tickets.map(({ id, wantsMemory }) => [id, wantsMemory])),
  );

const doing = (ticket: Ticket): string => `${ticket.doing} (${processOf(ticket)})`;
const named = (ticket: Ticket): string => `${ticket.instance} (${processOf(ticket)})`;
const processOf = ({ pid, command }: Ticket): string =>
  `process ${pid}, ${command.length > LONGEST ? `${command.slice(0, LONGEST)}…` : command}`;

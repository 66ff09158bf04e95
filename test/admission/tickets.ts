import type { Ticket } from '../../src/admission/ticket.ts';

/** The n-th ticket of the queue: one machine of 100 bytes, waiting, unless said otherwise. */
export const ticket = (number: number, more: Partial<Ticket> = {}): Ticket => ({
  pid: 1000 + number,
  started: `start ${number}`,
  id: `id ${number}`,
  command: `lab up g${number}`,
  since: '2026-03-01T10:00:00.000Z',
  instance: `g${number}`,
  doing: `bringing up g${number}`,
  cpus: 1,
  memory: 100,
  number,
  admitted: false,
  wantsMemory: false,
  ...more,
});

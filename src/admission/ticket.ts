import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../support/errors.ts';
import type { LockHolder } from '../support/lock.ts';
import { isAlive, processIdentitySchema } from '../support/process-identity.ts';
import { asItWas, exactly, MadeByNewer, peekRecord, recordFile } from '../support/record-file.ts';

/** What some work asks of the host. */
export interface Demand {
  /** The instance whose machines it brings up. */
  readonly instance: string;
  /** What is done, as the rest of "the cores are busy …": `bringing up tun-basic`. */
  readonly doing: string;
  /** Virtual CPUs of the machines that come up. */
  readonly cpus: number;
  /** Bytes that these machines may take in the end; 0 when they have their memory already. */
  readonly memory: number;
}

/** The place in the queue of one piece of work. Kept in a file, so that every process sees who is there. */
export interface Ticket extends LockHolder, Demand {
  /** The lower, the earlier it is its turn. */
  readonly number: number;
  readonly admitted: boolean;
  /** Whether it has come so far that it lacks nothing but memory. */
  readonly wantsMemory: boolean;
}

const ticketFiles = recordFile({
  schema: exactly<Ticket>({
    ...processIdentitySchema.shape,
    id: z.string(),
    command: z.string(),
    since: z.string(),
    instance: z.string(),
    doing: z.string(),
    cpus: z.number(),
    memory: z.number(),
    number: z.int(),
    admitted: z.boolean(),
    wantsMemory: z.boolean(),
  }),
  upgrades: [asItWas],
});

/** Numbers have as many digits in the name of a file: names then sort as numbers do. */
const DIGITS = 9;

const fileOf = (dir: string, { number, id }: Ticket): string =>
  join(dir, `${String(number).padStart(DIGITS, '0')}-${id}.json`);

/**
 * The tickets of live processes, in the order of the queue. Those of processes that were killed are removed.
 * @throws MadeByNewer when a live process has one that this lab cannot read.
 */
export const readTickets = async (dir: string): Promise<Ticket[]> => {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  const tickets = await Promise.all(
    names.map(async (name) => {
      const ticket = await read(join(dir, name));
      if (ticket && (await isAlive(ticket))) return [ticket];
      await rm(join(dir, name), { force: true });
      return [];
    }),
  );
  return tickets.flat();
};

/** A ticket's file; undefined when it is gone by now, damaged, or was drawn by a newer lab that does not run any more. */
const read = async (file: string): Promise<Ticket | undefined> => {
  try {
    return await ticketFiles.read(file, {
      tried: 'take a place in the queue of labs',
      next: 'wait until that is done',
    });
  } catch (error) {
    if (error instanceof MadeByNewer && (await isDrawnByLive(file))) throw error;
    if (error instanceof LabError) return undefined;
    throw error;
  }
};

/** Whether the process still runs that drew a ticket which cannot be read. */
const isDrawnByLive = async (file: string): Promise<boolean> => {
  const { pid, started } = await peekRecord(file);
  return typeof pid === 'number' && typeof started === 'string' && isAlive({ pid, started });
};

/** A ticket behind all others. The caller holds the queue's lock. */
export const drawTicket = async (dir: string, demand: Demand, holder: LockHolder): Promise<Ticket> => {
  await removeHalfWritten(dir);
  const last = (await readTickets(dir)).at(-1)?.number ?? 0;
  const ticket = { ...holder, ...demand, number: last + 1, admitted: false, wantsMemory: false };
  await writeTicket(dir, ticket);
  return ticket;
};

/** Puts a ticket on disk as it is now. The caller holds the queue's lock. */
export const writeTicket = (dir: string, ticket: Ticket): Promise<void> =>
  ticketFiles.write(fileOf(dir, ticket), ticket);

export const removeTicket = (dir: string, ticket: Ticket): Promise<void> => rm(fileOf(dir, ticket), { force: true });

/** What a process left that was killed while it wrote: nobody else writes while the caller holds the lock. */
const removeHalfWritten = async (dir: string): Promise<void> => {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.tmp'));
  await Promise.all(names.map((name) => rm(join(dir, name), { force: true })));
};

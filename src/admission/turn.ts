import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, type Lock, thisProcess } from '../support/lock.ts';
import { stateDir } from '../support/paths.ts';
import { describeLack, keyOfLack, type Lack, lackOfCores, lackOfMemory, type MemoryRoom } from './lack.ts';
import { cores, startingLimit } from './limits.ts';
import { type Demand, drawTicket, readTickets, removeTicket, type Ticket, writeTicket } from './ticket.ts';

/** Milliseconds between two looks at the queue, for the first in it and for all others. */
const FIRST_LOOKS = 250;
const OTHERS_LOOK = 1_000;

export interface TurnOptions {
  /** Directory of the queue. */
  dir?: string;
  /** Virtual CPUs that may come up at the same time. */
  limit?: number;
  /** The memory that there is beside that of the tickets that were admitted, for one that is not. */
  memory: (admitted: readonly Ticket[], own: Ticket) => Promise<MemoryRoom>;
  signal: AbortSignal;
}

/**
 * A turn at bringing machines up, of which the host has only so many at the same time. Who has drawn one waits in the
 * queue of this user's processes until memory and cores are there. There is no daemon: each process looks after its own
 * ticket, and the tickets of those that died are dropped by whoever looks next.
 */
export class Turn implements AsyncDisposable {
  readonly #dir: string;
  readonly #limit: number;
  readonly #options: TurnOptions;
  #ticket: Ticket;

  private constructor(ticket: Ticket, dir: string, limit: number, options: TurnOptions) {
    this.#ticket = ticket;
    this.#dir = dir;
    this.#limit = limit;
    this.#options = options;
  }

  /** Takes a place at the end of the queue. */
  static async draw(demand: Demand, options: TurnOptions): Promise<Turn> {
    const { dir = queueDir(), limit = startingLimit(), signal } = options;
    await mkdir(dir, { recursive: true });
    await using _ = await lockQueue(dir, signal);
    return new Turn(await drawTicket(dir, demand, await thisProcess()), dir, limit, options);
  }

  /** Takes the turn if it has come; else gives what it still has to wait for. */
  async lack(): Promise<Lack | undefined> {
    // Most looks end here, without the lock.
    const lack = await this.#lackOfCores();
    if (lack) return lack;
    await using _ = await lockQueue(this.#dir, this.#options.signal);
    const admitted = (await readTickets(this.#dir)).filter((ticket) => ticket.admitted);
    const still = (await this.#lackOfCores()) ?? (await this.#lackOfMemory(admitted));
    if (!still) await this.#write({ admitted: true });
    else if (still.of === 'memory' && !this.#ticket.wantsMemory) await this.#write({ wantsMemory: true });
    return still;
  }

  /** Waits until the turn has come, and says what for: a line for each change. @throws the signal's reason. */
  async wait(say: (line: string) => void): Promise<void> {
    const { signal } = this.#options;
    let told = '';
    for (;;) {
      signal.throwIfAborted();
      const lack = await this.lack();
      if (!lack) return;
      const key = keyOfLack(lack);
      if (key !== told) say(describeLack(lack, this.#ticket, cores()));
      told = key;
      const isFirst = lack.of === 'cores' && lack.before.length === 0;
      await sleep(isFirst ? FIRST_LOOKS : OTHERS_LOOK, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Gives the turn back, or the place in the queue. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeTicket(this.#dir, this.#ticket);
  }

  async #lackOfCores(): Promise<Lack | undefined> {
    return lackOfCores(this.#ticket, await readTickets(this.#dir), this.#limit);
  }

  async #lackOfMemory(admitted: readonly Ticket[]): Promise<Lack | undefined> {
    if (this.#ticket.memory === 0) return undefined;
    return lackOfMemory(this.#ticket, await this.#options.memory(admitted, this.#ticket));
  }

  async #write(change: Partial<Pick<Ticket, 'admitted' | 'wantsMemory'>>): Promise<void> {
    this.#ticket = { ...this.#ticket, ...change };
    await writeTicket(this.#dir, this.#ticket);
  }
}

const queueDir = (): string => join(stateDir(), 'queue');

const lockQueue = (dir: string, signal: AbortSignal): Promise<Lock> =>
  acquireLock(join(dir, 'lock'), { what: 'the queue of labs', wait: { signal } });

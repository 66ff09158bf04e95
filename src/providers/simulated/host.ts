import { existsSync } from 'node:fs';
import type { RunOptions, RunResult } from '../../guest/guest.ts';
import type { MachineState } from '../../guest/machine.ts';

/** What a provider, or a guest, is about to do. */
export interface Act {
  readonly what:
    | 'create'
    | 'start'
    | 'ready'
    | 'run'
    | 'reboot'
    | 'stop'
    | 'remove'
    | 'save'
    | 'rewind'
    | 'cutPower'
    | 'plug';
  /** Name of the instance. */
  readonly instance: string;
  /** The node, where it concerns one. */
  readonly node?: string;
  /** Of `run`: the command. */
  readonly command?: string;
}

/** A machine that runs: what it holds until its power is gone, and what outlives that. */
export interface SimulatedMachine {
  readonly instance: string;
  readonly node: string;
  readonly origin: string;
  status: MachineState['status'] & ('running' | 'paused');
  readonly memory: Map<string, string>;
  readonly disk: Map<string, string>;
}

/** What a command gives; what is left out is as it is when it ends well and prints nothing. */
export type Answer = Partial<RunResult> | undefined;

/** How things go, where they do not go well at once. */
export interface Behaviour {
  /** Called before each act, which waits for it; what it throws is what becomes of the act. */
  before?(act: Act, signal?: AbortSignal): Promise<void> | void;
  /** What a guest gives for a command. */
  answer?(machine: SimulatedMachine, command: string, options: RunOptions): Answer | Promise<Answer>;
  /** The pcap file of what a NIC saw; none if not given. */
  packets?(node: string, segment: string): Buffer | Promise<Buffer>;
  /** Whether machines can be saved; they can if not given. */
  saves?: boolean;
  /** What a saved state fits as long as it is the same. */
  hardware?: string;
}

/**
 * A host whose machines are values: they run on when whoever started them ends, and are found by the directory of their
 * instance.
 */
export class SimulatedHost {
  /** What was done, in order. */
  readonly acts: Act[] = [];
  behaviour: Behaviour;
  readonly #machines = new Map<string, SimulatedMachine>();

  constructor(behaviour: Behaviour = {}) {
    this.behaviour = behaviour;
  }

  /** Puts an act on record and waits until it may happen. @throws what it is told to; the signal's reason. */
  async act(act: Act, signal?: AbortSignal): Promise<void> {
    this.acts.push(act);
    await this.behaviour.before?.(act, signal);
    signal?.throwIfAborted();
  }

  machine(dir: string, node: string): SimulatedMachine | undefined {
    return this.#machines.get(keyOf(dir, node));
  }

  power(dir: string, machine: SimulatedMachine): void {
    this.#machines.set(keyOf(dir, machine.node), machine);
  }

  /** Takes the power of a machine, or of all of an instance. */
  cut(dir: string, node?: string): void {
    for (const key of this.#machines.keys())
      if (node === undefined ? key.startsWith(`${dir}\n`) : key === keyOf(dir, node)) this.#machines.delete(key);
  }

  /** `INSTANCE/NODE` of each machine that runs or is paused. */
  running(): string[] {
    return [...this.#machines.values()].map(({ instance, node }) => `${instance}/${node}`).sort();
  }

  /** Directories of instances that are gone, though machines of theirs run. */
  orphans(): string[] {
    const dirs = [...this.#machines.keys()].map((key) => key.split('\n')[0] as string);
    return [...new Set(dirs)].filter((dir) => !existsSync(dir));
  }
}

const keyOf = (dir: string, node: string): string => `${dir}\n${node}`;

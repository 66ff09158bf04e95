import type { Capture } from '../capture/capture.ts';
import type { LabAccess } from '../guest/access.ts';
import type { Guest } from '../guest/guest.ts';
import type { MachineControls } from '../guest/machine.ts';
import { nodeOf } from '../lab/lab.ts';
import type { Place, Provider } from '../providers/provider.ts';
import type { Providers } from '../providers/registry.ts';
import { LabError } from '../support/errors.ts';
import { type Instance, placeOf } from './instance.ts';

/** Milliseconds a machine may take to boot: five emulated ones on two busy cores took 40 s at worst. */
export const BOOT_BUDGET = 240_000;

/** An instance whose machines run: sessions to its guests, opened when first needed and kept until it is disposed. */
export class RunningLab implements AsyncDisposable {
  readonly instance: Instance;
  readonly place: Place;
  readonly provider: Provider;
  readonly #bootBudget: number;
  readonly #signal: AbortSignal;
  readonly #guests = new Map<string, Promise<Guest>>();

  constructor(providers: Providers, instance: Instance, signal: AbortSignal, bootBudget = BOOT_BUDGET) {
    this.instance = instance;
    this.place = placeOf(instance);
    this.provider = providers.named(instance.provider);
    this.#signal = signal;
    this.#bootBudget = bootBudget;
  }

  /** A session to a node, as soon as the node is ready. @throws LabError when it does not get ready. */
  guest(node: string): Promise<Guest> {
    const known = this.#guests.get(node) ?? this.provider.ready(this.place, node, this.#bootBudget, this.#signal);
    this.#guests.set(node, known);
    return known;
  }

  capture(node: string, segment: string): Promise<Capture> {
    return this.provider.capture(this.place, nodeOf(this.place.lab, node).name, segment, () => this.guest(node));
  }

  /** A machine's power, pause button and cables; `start` waits until the node is ready. */
  async machine(node: string): Promise<MachineControls> {
    const controls = await this.provider.controls(this.place, node, this.#signal);
    const start = async (): Promise<void> => {
      await controls.start();
      await this.guest(node);
    };
    return { ...controls, start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const guests = await Promise.allSettled(this.#guests.values());
    await Promise.all(guests.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
  }
}

/** @throws LabError that names the machines which do not run, of those that are wanted; of all if none are given. */
export const requireRunning = async (
  { instance, provider, place }: RunningLab,
  tried = `test ${instance.name}`,
  wanted?: readonly string[],
): Promise<void> => {
  const states = await provider.states(place);
  const down = states.filter(({ node, status }) => status !== 'running' && (wanted?.includes(node) ?? true));
  if (down.length === 0) return;
  throw new LabError({
    tried,
    happened: `not all of its machines run: ${down.map(({ node, status }) => `${node} is ${status}`).join(', ')}`,
    next: `start them: lab start ${instance.name}`,
  });
};

/** The ways of checks to a lab's machines. */
export const accessTo = (running: RunningLab, signal: AbortSignal): LabAccess => ({
  lab: running.instance.definition,
  guest: (node) => running.guest(node),
  capture: (node, segment) => running.capture(node, segment),
  signal,
});

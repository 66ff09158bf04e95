import type { Providers } from '../../providers/registry.ts';
import { type Show, type Step, together } from '../../support/step.ts';
import { writeFaultRecords } from '../disturbing/fault-records.ts';
import { exclusively } from '../exclusive.ts';
import { type Instance, placeOf } from '../instance.ts';
import { RunningLab } from '../running.ts';
import { completeInstance, enterPhase, instanceNamed } from '../store.ts';
import { told } from '../told.ts';
import { withMemory } from './memory.ts';
import { restSteps } from './rest.ts';
import { takeTurn } from './take-turn.ts';

/** Starts a stopped instance's machines and waits until each is ready. Machines that run already are left alone. */
export const start = async (
  providers: Providers,
  name: string,
  show: Show,
  signal: AbortSignal,
  bootBudget?: number,
): Promise<void> => {
  await instanceNamed(name);
  await exclusively(name, `start ${name}`, async () => {
    const instance = await completeInstance(name);
    await startMachines(providers, instance, show, signal, bootBudget);
  });
};

/** The steps that start an instance's machines; the caller holds its lock. */
export const startMachines = async (
  providers: Providers,
  instance: Instance,
  show: Show,
  signal: AbortSignal,
  bootBudget?: number,
): Promise<void> => {
  const provider = providers.named(instance.provider);
  const place = placeOf(instance);
  const states = await provider.states(place);
  if (states.every(({ status }) => status === 'running')) return;
  if (provider.savedStates && states.every(({ status }) => status === 'running' || status === 'paused')) {
    // A save that was killed left them paused.
    await provider.savedStates.wake(place);
    await enterPhase(instance, 'up');
    return;
  }
  const { name, definition } = instance;
  const work = {
    instance: name,
    what: `start ${name}`,
    doing: `starting ${name}`,
    nodes: withMemory(providers, definition.nodes, instance),
  };
  await using _turn = await takeTurn(providers, work, show, signal);
  await using running = new RunningLab(providers, instance, signal, bootBudget);
  const steps: Step[] = [
    {
      title: 'Start machines',
      run: async ({ say }, stepSignal) => {
        // What is left of a crash would be in the way: a machine is either up with all others, or none is.
        await provider.stop(place, told(say));
        await provider.start(place, told(say), stepSignal, bootBudget);
      },
    },
    together(
      'Boot',
      definition.nodes.map((node) => ({
        title: node.name,
        run: () => running.guest(node.name),
        remark: () => 'ready',
      })),
    ),
    ...restSteps(running),
  ];
  try {
    await show.steps(steps);
  } catch (error) {
    // Half of a lab that was stopped is of no use. Its machines have done nothing yet, so they may lose their power.
    await provider.stop(place, () => {}, 0);
    await enterPhase(instance, 'stopped');
    throw error;
  }
  // No fault outlives the power of all machines.
  await writeFaultRecords(name, []);
  await enterPhase(instance, 'up');
};

import { providerNamed } from '../providers/providers.ts';
import { LabError } from '../support/errors.ts';
import type { Show } from '../support/step.ts';
import { exclusively } from './exclusive.ts';
import { type Instance, placeOf } from './instance.ts';
import { RunningLab } from './running.ts';
import { enterPhase, instanceNamed } from './store.ts';

/** Shuts an instance's machines down; their disks stay. Stopping a stopped instance is no error. */
export const stop = async (name: string, show: Show): Promise<void> => {
  await instanceNamed(name);
  await exclusively(name, `stop ${name}`, async () => {
    const instance = await complete(name);
    const provider = providerNamed(instance.provider);
    await show([
      {
        title: `Stop ${name}`,
        run: async ({ say }) => {
          await provider.stop(placeOf(instance), (line, node) => say(node ? `${node}: ${line}` : line));
          await enterPhase(instance, 'stopped');
          return undefined;
        },
      },
    ]);
  });
};

/** Starts a stopped instance's machines and waits until each is ready. Machines that run already are left alone. */
export const start = async (name: string, show: Show, signal: AbortSignal, bootBudget?: number): Promise<void> => {
  await instanceNamed(name);
  await exclusively(name, `start ${name}`, async () => {
    const instance = await complete(name);
    await startMachines(instance, show, signal, bootBudget);
  });
};

/** The steps that start an instance's machines; the caller holds its lock. */
export const startMachines = async (
  instance: Instance,
  show: Show,
  signal: AbortSignal,
  bootBudget?: number,
): Promise<void> => {
  const provider = providerNamed(instance.provider);
  const place = placeOf(instance);
  const states = await provider.states(place);
  if (states.every(({ status }) => status === 'running')) return;
  await using running = new RunningLab(instance, signal, bootBudget);
  await show([
    {
      title: 'Start machines',
      run: async ({ say }, stepSignal) => {
        // What is left of a crash would be in the way: a machine is either up with all others, or none is.
        await provider.stop(place, (line, node) => say(node ? `${node}: ${line}` : line));
        await provider.start(place, (line, node) => say(node ? `${node}: ${line}` : line), stepSignal);
        return undefined;
      },
    },
    {
      title: 'Boot',
      parts: instance.definition.nodes.map((node) => ({
        title: node.name,
        run: async () => {
          await running.guest(node.name);
          return 'ready';
        },
      })),
    },
  ]);
  await enterPhase(instance, 'up');
};

/** An instance that came up once. @throws LabError when bringing it up was cut short. */
const complete = async (name: string): Promise<Instance> => {
  const instance = await instanceNamed(name);
  if (instance.phase === 'up' || instance.phase === 'stopped') return instance;
  throw new LabError({
    tried: `work with ${name}`,
    happened: instance.phase === 'creating' ? 'it never finished coming up' : 'its removal was cut short',
    next: `remove what is left: lab down ${name}`,
  });
};

import type { Providers } from '../../providers/registry.ts';
import { type Show, together } from '../../support/step.ts';
import { exclusively } from '../exclusive.ts';
import type { Instance } from '../instance.ts';
import { RunningLab } from '../running.ts';
import { restSteps } from './rest.ts';
import { takeTurn } from './take-turn.ts';

/** Reboots nodes at the same time and waits until each is ready again. */
export const rebootNodes = async (
  providers: Providers,
  instance: Instance,
  nodes: readonly string[],
  show: Show,
  signal: AbortSignal,
): Promise<void> =>
  exclusively(instance.name, `reboot ${nodes.join(', ')} of ${instance.name}`, async () => {
    const { name, definition } = instance;
    const what = `${nodes.join(', ')} of ${name}`;
    const rebooted = definition.nodes.filter((node) => nodes.includes(node.name));
    const work = { instance: name, what: `reboot ${what}`, doing: `rebooting ${what}`, nodes: rebooted, running: true };
    await using _turn = await takeTurn(providers, work, show, signal);
    await using running = new RunningLab(providers, instance, signal);
    const parts = nodes.map((node) => ({
      title: node,
      run: async () => (await running.guest(node)).reboot(),
      remark: () => 'ready',
    }));
    await show.steps([together('Reboot', parts), ...restSteps(running)]);
  });

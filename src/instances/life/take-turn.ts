import { Turn } from '../../admission/turn.ts';
import { requireMemory } from '../../host/capacity.ts';
import type { Node } from '../../lab/lab.ts';
import type { Providers } from '../../providers/registry.ts';
import type { Show } from '../../support/step.ts';
import { memoryOf, memoryRoom } from './memory.ts';

export interface Work {
  readonly instance: string;
  /** Completes "cannot …": `bring up tun-basic`. */
  readonly what: string;
  /** The same while it goes on: `bringing up tun-basic`. */
  readonly doing: string;
  /** The nodes whose machines come up. */
  readonly nodes: readonly Node[];
  /** Whether these machines have their memory already. */
  readonly running?: boolean;
}

/**
 * Takes a turn at bringing machines up, until it is disposed of. Where others are at it, or memory is short, a step is
 * shown that waits and says what for.
 * @throws LabError when the host can never have the memory; the signal's reason when that aborts.
 */
export const takeTurn = async (
  providers: Providers,
  work: Work,
  show: Show,
  signal: AbortSignal,
): Promise<AsyncDisposable> => {
  signal.throwIfAborted();
  const { instance, what, doing, nodes, running = false } = work;
  const memory = running ? 0 : memoryOf(nodes);
  if (!running) requireMemory(what, memory, (await memoryRoom(providers, instance)).most);
  const cpus = nodes.reduce((sum, node) => sum + node.cpus, 0);
  const turn = await Turn.draw(
    { instance, doing, cpus, memory },
    { memory: (admitted) => memoryRoom(providers, instance, admitted), signal },
  );
  try {
    if (await turn.lack()) await show.step('Wait for a turn', ({ say }) => turn.wait(say));
    return turn;
  } catch (error) {
    await turn[Symbol.asyncDispose]();
    throw error;
  }
};

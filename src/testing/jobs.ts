import { startingLimit } from '../admission/limits.ts';
import { memoryOf, memoryRoom } from '../instances/life/memory.ts';
import type { Providers } from '../providers/registry.ts';
import type { Target } from './test-labs.ts';

/**
 * How many labs are tested at the same time where the user does not say: as many of the largest as may come up at once,
 * and one more, which prepares or is taken down meanwhile; no more than have room in memory.
 */
export const defaultJobs = async (providers: Providers, targets: readonly Target[]): Promise<number> => {
  const labs = targets.flatMap((target) => ('request' in target ? [target.request.lab.nodes] : []));
  const cpus = Math.max(1, ...labs.map((nodes) => nodes.reduce((sum, node) => sum + node.cpus, 0)));
  const memory = Math.max(1, ...labs.map(memoryOf));
  const { left } = await memoryRoom(providers, '');
  const atOnce = Math.max(1, Math.floor(startingLimit() / cpus));
  return Math.max(1, Math.min(atOnce + 1, Math.floor(left / memory)));
};

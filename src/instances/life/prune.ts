import type { Providers } from '../../providers/registry.ts';
import { LabError } from '../../support/errors.ts';
import { exclusively } from '../exclusive.ts';
import { pruneLeftovers } from '../states/saved.ts';
import { instanceNames, isOrphan, readInstance } from '../store.ts';
import { removeInstance } from './down.ts';

/**
 * Removes what killed runs of `lab` left behind: instances that never finished coming up or going down, those of a
 * killed test, and machines whose instance is gone. Instances that are up or stopped, and any that a live process works on, are left alone.
 * Gives a line for each thing removed.
 */
export const prune = async (providers: Providers): Promise<string[]> => {
  const removed: string[] = [];
  for (const name of await instanceNames()) {
    try {
      await exclusively(name, `prune ${name}`, async () => {
        const instance = await readInstance(name).catch(() => undefined);
        const isWhole = instance?.phase === 'up' || instance?.phase === 'stopped';
        if (isWhole && !(await isOrphan(instance))) return;
        await removeInstance(providers, name, () => {});
        const why = `never finished ${instance?.phase === 'removing' ? 'going down' : 'coming up'}`;
        removed.push(`instance ${name}, ${isWhole ? 'whose test was killed' : `which ${why}`}`);
      });
    } catch (error) {
      // Someone works on it, so it is not left behind.
      if (!(error instanceof LabError)) throw error;
    }
  }
  for (const dir of await pruneLeftovers(providers)) removed.push(`${dir}, a half-made saved state`);
  for (const provider of providers.all) await provider.prune((line) => removed.push(line));
  return removed;
};

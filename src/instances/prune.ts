import { PROVIDERS } from '../providers/providers.ts';
import { LabError } from '../support/errors.ts';
import { removeInstance } from './down.ts';
import { exclusively } from './exclusive.ts';
import { instanceNames, readInstance } from './store.ts';

/**
 * Removes what killed runs of `lab` left behind: instances that never finished coming up or going down, and machines
 * whose instance is gone. Instances that are up or stopped, and any that a live process works on, are left alone.
 * Gives a line for each thing removed.
 */
export const prune = async (): Promise<string[]> => {
  const removed: string[] = [];
  for (const name of await instanceNames()) {
    try {
      await exclusively(name, `prune ${name}`, async () => {
        const instance = await readInstance(name).catch(() => undefined);
        if (instance?.phase === 'up' || instance?.phase === 'stopped') return;
        await removeInstance(name, () => {});
        removed.push(
          `instance ${name}, which never finished ${instance?.phase === 'removing' ? 'going down' : 'coming up'}`,
        );
      });
    } catch (error) {
      // Someone works on it, so it is not left behind.
      if (!(error instanceof LabError)) throw error;
    }
  }
  for (const provider of PROVIDERS) await provider.prune((line) => removed.push(line));
  return removed;
};

import type { Providers } from '../../providers/registry.ts';
import { LabError } from '../../support/errors.ts';
import { MadeByNewer } from '../../support/record-file.ts';
import { exclusively } from '../exclusive.ts';
import type { InstanceRecord, Phase } from '../instance.ts';
import { pruneLeftovers } from '../states/saved.ts';
import { instanceNames, isOrphan, readInstance } from '../store.ts';
import { removeInstance } from './down.ts';

/**
 * Removes what killed runs of `lab` left behind: instances that never finished coming up or going down, those of a
 * killed test, damaged ones, and machines whose instance is gone. Instances that are up or stopped, those of a newer lab,
 * and any that a live process works on, are left alone. Gives a line for each thing removed.
 */
export const prune = async (providers: Providers): Promise<string[]> => {
  const removed = await pruneInstances(providers);
  for (const dir of await pruneLeftovers(providers)) removed.push(`${dir}, a half-made saved state`);
  for (const provider of providers.all) await provider.prune((line) => removed.push(line));
  return removed;
};

/** The part of `prune` that is about instances which are there. */
export const pruneInstances = async (providers: Providers): Promise<string[]> => {
  const removed: string[] = [];
  for (const name of await instanceNames()) {
    try {
      await exclusively(name, `prune ${name}`, async () => {
        const instance = await readInstance(name).catch(damaged);
        if (instance && isWhole(instance) && !(await isOrphan(instance))) return;
        await removeInstance(providers, name, () => {});
        removed.push(`instance ${name}, ${whyLeft(instance)}`);
      });
    } catch (error) {
      // Someone works on it, or only a newer lab can tell, so it is not left behind.
      if (!(error instanceof LabError)) throw error;
    }
  }
  return removed;
};

type Found = Pick<InstanceRecord, 'owner'> & { phase: Phase | 'damaged' };

/** What to make of an instance that cannot be read. @throws the error, when only a newer lab can tell. */
const damaged = (error: unknown): Found => {
  if (error instanceof MadeByNewer) throw error;
  return { phase: 'damaged' };
};

const isWhole = ({ phase }: Found): boolean => phase === 'up' || phase === 'stopped';

const whyLeft = (instance: Found | undefined): string => {
  if (instance?.phase === 'damaged') return 'which is damaged';
  if (instance && isWhole(instance)) return 'whose test was killed';
  return `which never finished ${instance?.phase === 'removing' ? 'going down' : 'coming up'}`;
};

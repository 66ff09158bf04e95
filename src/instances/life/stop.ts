import type { Providers } from '../../providers/registry.ts';
import type { Show } from '../../support/step.ts';
import { exclusively } from '../exclusive.ts';
import { placeOf } from '../instance.ts';
import { completeInstance, enterPhase, instanceNamed } from '../store.ts';
import { told } from '../told.ts';

/** Shuts an instance's machines down; their disks stay. Stopping a stopped instance is no error. */
export const stop = async (providers: Providers, name: string, show: Show): Promise<void> => {
  await instanceNamed(name);
  await exclusively(name, `stop ${name}`, async () => {
    const instance = await completeInstance(name);
    const provider = providers.named(instance.provider);
    await show.step(`Stop ${name}`, async ({ say }) => {
      await provider.stop(placeOf(instance), told(say));
      await enterPhase(instance, 'stopped');
    });
  });
};

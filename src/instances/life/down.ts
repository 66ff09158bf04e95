import { rm } from 'node:fs/promises';
import type { Notify, Provider } from '../../providers/provider.ts';
import type { Providers } from '../../providers/registry.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { peekRecord } from '../../support/record-file.ts';
import type { Show } from '../../support/step.ts';
import { exclusively } from '../exclusive.ts';
import { instanceLayout, validInstanceName } from '../instance.ts';
import { enterPhase, instanceNames, readInstance } from '../store.ts';
import { told } from '../told.ts';

/**
 * Removes an instance whole: machines, segments, disks, keys. Works on any that is half-made, half-removed or damaged,
 * and on those of a newer lab whose provider this one has.
 * @throws LabError, exit code 2, when there is no such instance; exit code 3, when another process is at it.
 */
export const down = async (providers: Providers, name: string, notify: Notify): Promise<void> => {
  validInstanceName(name);
  if (!(await instanceNames()).includes(name)) {
    throw new LabError({
      tried: `take down ${name}`,
      happened: 'there is no such instance',
      next: 'see what there is: lab list',
      exitCode: ExitCode.usage,
    });
  }
  await exclusively(name, `take down ${name}`, () => removeInstance(providers, name, notify));
};

/** Removes all of an instance, and shows that it does. The caller holds its lock. */
export const takeEverythingDown = (providers: Providers, name: string, show: Show): Promise<void> =>
  show.step('Take everything down', ({ say }) => removeInstance(providers, name, told(say)), { interruptible: false });

/** Removes all of an instance. The caller holds its lock. */
export const removeInstance = async (providers: Providers, name: string, notify: Notify): Promise<void> => {
  const paths = instanceLayout(name);
  const instance = await readInstance(name).catch(() => undefined);
  // Where the disk is full this cannot be written, and removing is just what is needed.
  if (instance) await enterPhase(instance, 'removing').catch(() => undefined);
  const provider = instance ? providers.named(instance.provider) : await providerOfUnread(providers, name);
  await provider.remove({ name, dir: paths.machines }, notify);
  await rm(paths.dir, { recursive: true, force: true });
};

/**
 * Who made the machines of an instance that cannot be read, as far as its record says so.
 * @throws LabError when that is a provider of a newer lab: what it made is not known here.
 */
const providerOfUnread = async (providers: Providers, name: string): Promise<Provider> => {
  const { provider, format } = await peekRecord(instanceLayout(name).record);
  const known = providers.all.find((each) => each.name === provider);
  if (known) return known;
  if (format === undefined || typeof provider !== 'string') return providers.all[0];
  throw new LabError({
    tried: `take down ${name}`,
    happened: `its machines were made by the provider ${JSON.stringify(provider)}, which this lab does not have`,
    next: 'use the lab that made it',
  });
};

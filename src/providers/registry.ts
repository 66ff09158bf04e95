import { ExitCode, LabError } from '../support/errors.ts';
import { type Registry, registryOf } from '../support/registry.ts';
import type { Provider } from './provider.ts';

/** The providers that instances are, or can be, made with. */
export type Providers = Registry<Provider>;

export const providersOf = (all: Providers['all']): Providers =>
  registryOf(
    all,
    (name, names) =>
      new LabError({
        tried: 'choose a provider',
        happened: `there is no provider "${name}"`,
        next: `choose one of: ${names.join(', ')}`,
        exitCode: ExitCode.usage,
      }),
  );

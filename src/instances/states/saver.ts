import type { Provider, SavedStates } from '../../providers/provider.ts';
import type { Providers } from '../../providers/registry.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import type { InstanceRecord } from '../instance.ts';

/** The provider of an instance, which saves states. @throws LabError, exit code 4, when it cannot. */
export const savedStatesOf = (
  providers: Providers,
  { name, provider: providerName, image }: Pick<InstanceRecord, 'name' | 'provider' | 'image'>,
): { provider: Provider; savedStates: SavedStates } => {
  const provider = providers.named(providerName);
  if (provider.savedStates?.saves(image)) return { provider, savedStates: provider.savedStates };
  throw new LabError({
    tried: `save or restore machines of ${name}`,
    happened: provider.savedStates
      ? `machines of the image ${image} cannot be saved`
      : `the provider ${provider.name} saves no states`,
    next: provider.savedStates ? `use the image ${provider.savedStates.image}` : 'use the provider qemu',
    exitCode: ExitCode.skipped,
  });
};

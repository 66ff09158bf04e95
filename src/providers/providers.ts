import { ExitCode, LabError } from '../support/errors.ts';
import type { Provider } from './provider.ts';
import { qemuProvider } from './qemu/provider.ts';
import { libvirt } from './vagrant/libvirt.ts';
import { vagrantProvider } from './vagrant/provider.ts';
import { virtualbox } from './vagrant/virtualbox.ts';

export const PROVIDERS: readonly Provider[] = [qemuProvider, vagrantProvider(libvirt), vagrantProvider(virtualbox)];

export const DEFAULT_PROVIDER = 'qemu';

/** The provider of that name. @throws LabError, exit code 2, when there is none. */
export const providerNamed = (name: string): Provider => {
  const provider = PROVIDERS.find((candidate) => candidate.name === name);
  if (provider) return provider;
  throw new LabError({
    tried: 'choose a provider',
    happened: `there is no provider "${name}"`,
    next: `choose one of: ${PROVIDERS.map((each) => each.name).join(', ')}`,
    exitCode: ExitCode.usage,
  });
};

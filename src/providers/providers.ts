import { qemuProvider } from './qemu/provider.ts';
import type { Providers } from './registry.ts';
import { libvirt } from './vagrant/libvirt.ts';
import { vagrantProvider } from './vagrant/provider.ts';
import { virtualbox } from './vagrant/virtualbox.ts';

/** The providers that come with `lab`, the default first. */
export const PROVIDERS: Providers['all'] = [qemuProvider, vagrantProvider(libvirt), vagrantProvider(virtualbox)];

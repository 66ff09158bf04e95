import type { Images } from '../images/registry.ts';
import { qemuProvider } from './qemu/provider.ts';
import { type Providers, providersOf } from './registry.ts';
import { libvirt } from './vagrant/libvirt.ts';
import { vagrantProvider } from './vagrant/provider.ts';
import { virtualbox } from './vagrant/virtualbox.ts';

/** The providers that come with `lab`, the default first. */
export const providersWith = (images: Images): Providers =>
  providersOf([qemuProvider(images), vagrantProvider(libvirt, images), vagrantProvider(virtualbox, images)]);

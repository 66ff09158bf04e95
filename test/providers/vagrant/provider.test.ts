import { expect, test } from 'vitest';
import { REGISTRIES } from '../../../src/cli/registries.ts';
import { PROVIDER_NAMES } from '../../../src/lab/lab.ts';

const { providers } = REGISTRIES;

const refusal = (provider: string, options: object) => () =>
  providers.named(provider).validate({ image: 'centos8', ...options });

test('what the provider cannot heed is refused before anything is made', () => {
  expect(refusal('libvirt', { sshPort: 2200 })).toThrow(expect.objectContaining({ exitCode: 2 }));
  expect(refusal('libvirt', { accel: 'hvf' })).toThrow(expect.objectContaining({ next: 'choose one of kvm, tcg' }));
  expect(refusal('virtualbox', { accel: 'kvm' })).toThrow(expect.objectContaining({ next: 'leave --accel out' }));
  expect(refusal('libvirt', { image: 'centos9' })).toThrow(expect.objectContaining({ exitCode: 2 }));
  expect(refusal('libvirt', { accel: 'tcg' })).not.toThrow();
});

test('CentOS 8 is what a lab gets that names no image', () => {
  expect(providers.named('libvirt').defaultImage).toBe('centos8');
  expect(providers.named('qemu').defaultImage).toBeUndefined();
});

test('the names that a lab file may give are those of the providers', () => {
  expect(PROVIDER_NAMES).toEqual(providers.all.map(({ name }) => name));
});

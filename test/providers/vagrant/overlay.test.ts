import { expect, test } from 'vitest';
import { libvirt } from '../../../src/providers/vagrant/libvirt.ts';
import { renderOverlay } from '../../../src/providers/vagrant/overlay.ts';
import { virtualbox } from '../../../src/providers/vagrant/virtualbox.ts';
import { tunBasic } from '../../provision/fixtures/labs.ts';

const options = { dir: "/a'b/<c>", instance: 'web', driver: 'qemu', boxVersion: '1.2.3' };

test('libvirt: consoles and the mark of the instance are text in XML, in a string of Ruby', () => {
  const text = renderOverlay(tunBasic, libvirt, options);
  expect(text).toContain("libvirt.description = 'Machine of lab in /a&apos;b/&lt;c&gt;'");
  expect(text).toContain("source: { path: '/a&apos;b/&lt;c&gt;/nodes/rs1/console.log' }");
  expect(text).toContain("config.ssh.private_key_path = ['/a\\'b/<c>/id_rsa',");
  expect(text).toContain("config.vm.box_version = '1.2.3'");
  expect(text).toContain('<tb-cache unit="MiB">128</tb-cache>');
});

test('libvirt with KVM has no cache of translated code', () => {
  expect(renderOverlay(tunBasic, libvirt, { ...options, driver: 'kvm' })).not.toContain('tb-cache');
});

test('VirtualBox: each machine has a name that tells whose it is, and its console in a file', () => {
  const text = renderOverlay(tunBasic, virtualbox, { ...options, driver: undefined, boxVersion: undefined });
  expect(text).toContain("virtualbox.name = 'lab-web-rs1'");
  expect(text).toContain("'--uartmode1', 'file', '/a\\'b/<c>/nodes/rs1/console.log'");
  expect(text).not.toMatch(/box_version|libvirt/);
});

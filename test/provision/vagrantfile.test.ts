import { describe, expect, it } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { renderVagrantfile } from '../../src/provision/vagrantfile.ts';
import { hostile, natDashes, shipped, tunBasic } from './fixtures/labs.ts';

const DEBIAN = REGISTRIES.images.named('debian12');
const CENTOS = REGISTRIES.images.named('centos8');

it('is as a person reads it', async () => {
  await expect(renderVagrantfile(tunBasic, DEBIAN, 'tun-basic')).toMatchFileSnapshot(
    'golden/tun-basic/Vagrantfile.txt',
  );
});

describe('a machine', () => {
  it('has a NIC on each of its segments, with its MAC address as VirtualBox takes it', () => {
    const lines = renderVagrantfile(natDashes, DEBIAN, 'second').split('\n');
    const nics = lines.filter((line) => line.includes(':private_network'));
    expect(nics).toHaveLength(natDashes.nodes.flatMap(({ links }) => links).length);
    for (const { segment, address, mac } of natDashes.nodes.flatMap(({ links }) => links)) {
      const nic = nics.find((line) => line.includes(`ip: '${address}'`));
      expect(nic).toContain(`mac: '${mac.replaceAll(':', '')}'`);
      expect(nic).toContain(`**segment.call('${segment}')`);
    }
  });

  it('has the length of its prefix for a netmask where that is one of IPv6', async () => {
    expect(renderVagrantfile(await shipped('tun-ipv6'), DEBIAN, 'x')).toContain(
      ":private_network, ip: 'fd00:2::220', netmask: '64', mac: '525400020004', **segment.call('inside')",
    );
  });

  it('has the memory that its box needs, where the lab file gives it less', () => {
    expect(renderVagrantfile(tunBasic, DEBIAN, 'x')).toContain('libvirt.memory, libvirt.cpus = 256, 1');
    expect(renderVagrantfile(tunBasic, CENTOS, 'x')).toContain('libvirt.memory, libvirt.cpus = 1024, 1');
  });
});

it('names the box of the image, and networks by the prefix', () => {
  const text = renderVagrantfile(tunBasic, CENTOS, 'second');
  expect(text).toContain("ENV.fetch('LAB_BOX', 'centos/8')");
  expect(text).toContain("prefix = 'second'\n");
});

it('stays what it is, whatever the values are', () => {
  // Without its literals and comments nothing of a value is left.
  const code = renderVagrantfile(hostile, DEBIAN, `a'; exit; '`)
    .replace(/^ *#.*$/gm, '')
    .replace(/'(?:[^'\\]|\\.)*'/gs, 'S');
  expect(code).toContain('prefix = S\n');
  expect(code).not.toMatch(/pwned|exit/);
});

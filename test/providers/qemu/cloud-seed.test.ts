import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Node } from '../../../src/lab/lab.ts';
import { cloudSeed } from '../../../src/providers/qemu/cloud-seed.ts';
import { judgeConsole } from '../../../src/providers/qemu/console.ts';

const node = {
  name: 'rs1',
  links: [{ segment: 'inside', address: '192.168.2.220', prefixLength: 24, mac: '52:54:00:01:00:04' }],
} as unknown as Node;
const hostKey = { private: '-----BEGIN\nkey: "quoted"\n-----END\n', public: 'ssh-ed25519 AAAA rs1' };
const seedOf = (family: 'debian' | 'el8') =>
  cloudSeed({ node, family, instanceId: 'lab-1', hostKey, clientKey: 'ssh-ed25519 BBBB lab' });

test('says who the machine is', () => {
  expect(parse(seedOf('el8')['meta-data'] ?? '')).toEqual({ 'instance-id': 'lab-1', 'local-hostname': 'rs1' });
});

test('lets the instance in as root, by its key alone, at a host key that is known', () => {
  const text = seedOf('debian')['user-data'] ?? '';
  expect(text.split('\n')[0]).toBe('#cloud-config');
  expect(parse(text)).toMatchObject({
    disable_root: false,
    ssh_pwauth: false,
    ssh_authorized_keys: ['ssh-ed25519 BBBB lab'],
    ssh_keys: { ed25519_private: hostKey.private, ed25519_public: `${hostKey.public}\n` },
  });
});

test('has the machine tell when it starts and when it is ready, at every boot', () => {
  const { write_files: files, runcmd } = parse(seedOf('el8')['user-data'] ?? '');
  const units: string[] = files.map(({ content }: { content: string }) => content);
  const said = units.map((unit) => unit.match(/echo "<2>(.*)"/)?.[1]);
  expect(judgeConsole(said.join('\n')).state).toBe('ready');
  expect(judgeConsole([...said, said[0]].join('\n')).state).toBe('booting');
  expect(runcmd).toContain('systemctl enable lab-starting.service lab-ready.service');
  // Nothing of the lab may come after the line.
  expect(units[1]).toMatch(/^After=.*lab-node\.service/m);
});

test.each([
  ['debian', 'ssh', 'apt-daily.timer apt-daily-upgrade.timer'],
  ['el8', 'sshd', 'dnf-makecache.timer'],
] as const)('waits for the SSH server of %s, and stops what would lock its packages', (family, server, timers) => {
  const { write_files: files, runcmd } = parse(seedOf(family)['user-data'] ?? '');
  expect(files[1].content).toContain(`\nAfter=${server}.service lab-node.service\n`);
  expect(runcmd).toContain(`systemctl disable --now ${timers}`);
});

test('leaves the network of the lab alone, and has NetworkManager do so', () => {
  const macs = (family: 'debian' | 'el8') =>
    parse(seedOf(family)['network-config'] ?? '').config.map(
      ({ mac_address, subnets }: { mac_address: string; subnets: { type: string }[] }) => [
        mac_address,
        subnets[0]?.type,
      ],
    );
  // In YAML 1.1 an address without quotes is a number in base 60.
  expect(seedOf('debian')['network-config']).toContain('mac_address: "52:54:00:00:00:01"');
  expect(macs('debian')).toEqual([['52:54:00:00:00:01', 'dhcp4']]);
  expect(macs('el8')).toEqual([
    ['52:54:00:00:00:01', 'dhcp4'],
    ['52:54:00:01:00:04', 'manual'],
  ]);
});

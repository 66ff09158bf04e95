import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateKeyPair } from '../../../src/guest/keys.ts';
import type { Node } from '../../../src/lab/lab.ts';
import { seedArchive, withoutHosts } from '../../../src/providers/qemu/seed.ts';

test('tar unpacks it into the identity of the node', async () => {
  const hostKey = await generateKeyPair('rs1');
  const archive = await seedArchive({
    node: { name: 'rs1' } as Node,
    machineId: `${'c0ffee'.repeat(5)}00`,
    hostKey,
    clientKey: 'ssh-ed25519 AAAA lab',
  });
  expect(archive.length % 512).toBe(0);
  const dir = mkdtempSync(join(tmpdir(), 'lab-seed-'));
  try {
    execFileSync('tar', ['-x', '-C', dir], { input: archive });
    expect(readFileSync(join(dir, 'etc/hostname'), 'utf8')).toBe('rs1\n');
    expect(readFileSync(join(dir, 'etc/machine-id'), 'utf8')).toMatch(/^[0-9a-f]{32}\n$/);
    expect(readFileSync(join(dir, 'root/.ssh/authorized_keys'), 'utf8')).toBe('ssh-ed25519 AAAA lab\n');
    expect(statSync(join(dir, 'etc/ssh/ssh_host_ed25519_key')).mode & 0o777).toBe(0o600);
    const derived = execFileSync('ssh-keygen', ['-y', '-f', join(dir, 'etc/ssh/ssh_host_ed25519_key')], {
      encoding: 'utf8',
    });
    expect(derived.split(' ')[1]).toBe(hostKey.public.split(' ')[1]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a machine that has names of hosts already keeps them, and takes all else', async () => {
  const keys = await generateKeyPair('rs1');
  const archive = await seedArchive({ node: { name: 'rs1' } as Node, machineId: '0', hostKey: keys, clientKey: 'k' });
  const list = (tar: Buffer) => execFileSync('tar', ['-tv'], { input: tar, encoding: 'utf8' }).trim().split('\n');
  const names = (tar: Buffer) => list(tar).map((line) => `${line.split(' ')[0]} ${line.split(' ').at(-1)}`);
  expect(names(archive).filter((name) => name.endsWith('etc/hosts'))).toHaveLength(1);
  expect(names(await withoutHosts(archive))).toEqual(names(archive).filter((name) => !name.endsWith('etc/hosts')));
});

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installCommand } from '../../src/host/install-command.ts';
import { managerOf } from '../../src/host/system.ts';
import { findTool, missingTools, packagesFor, searchPath } from '../../src/host/tools.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-tools-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a tool is missing when no directory of the path has a program of that name', async () => {
  await writeFile(join(dir, 'cpio'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(dir, 'zstd'), 'not a program', { mode: 0o644 });
  expect(await missingTools(['xz', 'cpio', 'zstd'], `/nowhere:${dir}`)).toEqual(['xz', 'zstd']);
  expect(await findTool('cpio', `/nowhere:${dir}`)).toBe(join(dir, 'cpio'));
  await chmod(join(dir, 'zstd'), 0o755);
  expect(await missingTools(['xz', 'cpio', 'zstd'], dir)).toEqual(['xz']);
});

test('the directories of administration are searched too, each once', () => {
  expect(searchPath('/usr/bin::/sbin')).toBe('/usr/bin:/sbin:/usr/local/sbin:/usr/sbin');
});

test.each([
  ['apt', true, 'apt-get install --no-install-recommends qemu-system-x86 qemu-utils openssh-client'],
  ['apt', false, 'sudo apt-get install --no-install-recommends qemu-system-x86 qemu-utils openssh-client'],
  ['dnf', false, 'sudo dnf install qemu-system-x86-core qemu-img openssh-clients openssh'],
  ['pacman', true, 'pacman -S --needed qemu-system-x86 qemu-img openssh'],
  ['brew', false, 'brew install qemu openssh'],
] as const)('the command for %s, as root: %s', (manager, asRoot, command) => {
  const tools = ['qemu-system-x86_64', 'qemu-img', 'ssh', 'ssh-keygen'] as const;
  expect(installCommand(tools, manager, asRoot)).toBe(command);
});

test('a tool that a system has no package for is told apart', () => {
  expect(packagesFor(['mmdebstrap', 'vde_switch'], 'brew')).toEqual({ packages: ['vde'], unknown: ['mmdebstrap'] });
  expect(installCommand(['mmdebstrap'], 'brew')).toBeUndefined();
});

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n', 'apt'],
  ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt'],
  ['ID="almalinux"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
  ['ID=fedora\n', 'dnf'],
  ["ID='manjaro'\nID_LIKE=arch\n", 'pacman'],
  ['ID=alpine\n', undefined],
  ['', undefined],
])('the package manager of %j is %s', (osRelease, manager) => {
  expect(managerOf(osRelease)).toBe(manager);
});

test('several packages may hold one program, and another program may do its work', async () => {
  expect(packagesFor(['vagrant'], 'apt').packages).toEqual(['vagrant', 'vagrant-libvirt']);
  expect(await missingTools(['libvirtd'], dir)).toEqual(['libvirtd']);
  await writeFile(join(dir, 'virtqemud'), '', { mode: 0o755 });
  expect(await missingTools(['libvirtd'], dir)).toEqual([]);
});

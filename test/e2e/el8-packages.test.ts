import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingTools } from '../../src/host/tools.ts';
import { renderScripts } from '../../src/provision/scripts.ts';
import { tunBasic } from '../provision/fixtures/labs.ts';

// No EL 8 machine runs here, but its package manager does: the scripts for EL 8 are run as far as their packages go, with
// dnf and a repository of packages of the same names. They end where they look for the NICs of their node.

const SCRIPT = join(import.meta.dirname, 'el8-root.sh');
const PACKAGES: Record<string, string> = {
  iputils: '/usr/sbin/arping',
  tcpdump: '/usr/sbin/tcpdump',
  ipvsadm: '/usr/sbin/ipvsadm',
  httpd: '/usr/sbin/httpd',
  curl: '/usr/bin/curl',
};

const missing = await missingTools(['dnf', 'rpmbuild', 'createrepo_c', 'unshare']);
const reason = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'only root can make the file system';
  // In CI a missing program is no excuse.
  return missing.length > 0 && process.env.CI !== 'true' ? `not installed: ${missing.join(', ')}` : undefined;
};

const spec = (name: string, program: string): string => `Name: ${name}
Version: 1
Release: 1.el8
Summary: A program of that name
License: MIT
BuildArch: noarch
AutoReqProv: no
%description
A program of that name
%install
mkdir -p %{buildroot}$(dirname ${program})
echo '#!/bin/sh' > %{buildroot}${program}
chmod 755 %{buildroot}${program}
%files
${program}
`;

describe.skipIf(reason())(`packages of EL 8 ${reason() ?? ''}`.trim(), () => {
  let dir: string;
  const inside = (...command: string[]) => {
    const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
    return execa('unshare', [...namespaces, 'bash', SCRIPT, dir, ...command], { reject: false, all: true });
  };
  const run = async (node: string) => {
    const script = renderScripts(tunBasic, 'el8').get(node) ?? '';
    await writeFile(join(dir, 'upper', `${node}.sh`), script);
    return inside('bash', `/${node}.sh`);
  };
  const installed = async () =>
    String((await inside('rpm', '-qa', '--qf', '%{name}\n')).stdout)
      .split('\n')
      .filter((name) => name in PACKAGES)
      .sort();

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lab-el8-'));
    const specs = join(dir, 'specs');
    await mkdir(specs);
    for (const [name, program] of Object.entries(PACKAGES)) {
      await writeFile(join(specs, `${name}.spec`), spec(name, program));
      await execa('rpmbuild', [
        '-bb',
        '--quiet',
        '--define',
        `_topdir ${join(dir, 'build')}`,
        join(specs, `${name}.spec`),
      ]);
    }
    await rename(join(dir, 'build', 'RPMS', 'noarch'), join(dir, 'repo'));
    await execa('createrepo_c', ['--quiet', join(dir, 'repo')]);
    await inside('true');
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test('are installed by dnf, as far as the node needs them', async () => {
    for (const node of ['client', 'router', 'director', 'rs1']) {
      const { all, exitCode } = await run(node);
      expect(all).toMatch(/no NIC has the MAC address/);
      expect(exitCode).not.toBe(0);
      if (node === 'router') expect(await installed()).toEqual(['curl', 'iputils', 'tcpdump']);
    }
    expect(await installed()).toEqual(Object.keys(PACKAGES).sort());
  });

  test('of CentOS come from the vault, and a second run changes nothing', async () => {
    const file = '/etc/yum.repos.d/CentOS-Linux-BaseOS.repo';
    const repository = async () => String((await inside('cat', file)).stdout);
    const once = await repository();
    expect(once).toContain('\n#mirrorlist=http://mirrorlist.centos.org/');
    expect(once).toContain('\nbaseurl=https://vault.centos.org/$contentdir/$releasever/BaseOS/$basearch/os/\n');
    await run('director');
    expect(await repository()).toBe(once);
  });

  test('need no repository where they are there already', async () => {
    await rename(join(dir, 'repo'), join(dir, 'repo.away'));
    expect((await run('rs1')).all).toMatch(/no NIC has the MAC address/);
    // Without a repository what is missing cannot be had, and the script says so and ends.
    await inside('rpm', '-e', 'httpd');
    const { all, exitCode } = await run('rs1');
    expect(exitCode).not.toBe(0);
    expect(all).not.toMatch(/no NIC has the MAC address/);
  });
});

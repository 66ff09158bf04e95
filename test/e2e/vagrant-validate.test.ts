import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { findTool } from '../../src/host/tools.ts';
import { listLabs } from '../../src/lab/find.ts';
import { renderFolder } from '../../src/provision/folder.ts';
import { shipped } from '../provision/fixtures/labs.ts';
import { RUN_BASE } from './harness.ts';
import { isFull } from './scope.ts';

// Vagrant takes what `lab render` writes, for both providers: of two labs, and of all in a full run, since the Vagrantfile is the
// same but for names and addresses. That the scripts beside it please shellcheck is shown of every lab in test/provision.

const DIR = `${RUN_BASE}-labs`;
const BIN = join(DIR, 'bin');
// Before it validates, Vagrant asks VirtualBox for its version, and for nothing else.
const VBOXMANAGE = '#!/bin/sh\n[ "$*" = --version ] && echo 7.0.14r161095\n';

const vagrant = (args: readonly string[], cwd: string, provider = 'libvirt') =>
  execa('vagrant', args, {
    cwd,
    env: {
      PATH: `${BIN}${delimiter}${process.env.PATH}`,
      VAGRANT_HOME: join(DIR, 'vagrant-home'),
      VAGRANT_DEFAULT_PROVIDER: provider,
      VAGRANT_CHECKPOINT_DISABLE: '1',
    },
    reject: false,
    all: true,
    stdin: 'ignore',
  });

const reason = (await findTool('vagrant')) || process.env.CI === 'true' ? undefined : 'Vagrant is not installed';
/** One with two NICs at most on a machine, and one with four. */
const SOME: Readonly<Record<string, readonly string[]>> = { libvirt: ['tun-basic'], virtualbox: ['tun-ha'] };
const labs = await listLabs();
const chosen = (provider: string) => labs.filter(({ name }) => isFull || SOME[provider]?.includes(name));

describe.skipIf(reason !== undefined)(`vagrant validate${reason ? ` (${reason})` : ''}`, () => {
  beforeAll(async () => {
    await mkdir(BIN, { recursive: true });
    await writeFile(join(BIN, 'VBoxManage'), VBOXMANAGE, { mode: 0o755 });
    for (const { name } of Object.keys(SOME).flatMap(chosen))
      await renderFolder(await shipped(name), REGISTRIES.images.named('centos8'), join(DIR, name));
    // Vagrant makes its home at its first run, which must not be two at a time.
    expect((await vagrant(['plugin', 'list'], DIR)).all).toContain('vagrant-libvirt');
  });

  describe.each(['libvirt', 'virtualbox'])('for %s', { concurrent: true }, (provider) => {
    test.each(chosen(provider))('accepts $name', async ({ name }) => {
      const { all, exitCode } = await vagrant(['validate'], join(DIR, name), provider);
      expect(all).toContain('Vagrantfile validated successfully');
      expect(exitCode).toBe(0);
    });
  });

  test.each([
    ['libvirt', 'libvirt.driver', 'libvirt.drivel'],
    ['virtualbox', 'virtualbox.linked_clone', 'virtualbox.linked_clown'],
  ])('rejects a mistake in the block for %s', async (provider, right, wrong) => {
    const folder = join(DIR, `wrong-${provider}`);
    await renderFolder(await shipped('tun-basic'), REGISTRIES.images.named('centos8'), folder);
    const path = join(folder, 'Vagrantfile');
    await writeFile(path, (await readFile(path, 'utf8')).replace(right, wrong));
    const { all, exitCode } = await vagrant(['validate'], folder, provider);
    expect(all).toContain(wrong.split('.')[1]);
    expect(exitCode).not.toBe(0);
  });
});

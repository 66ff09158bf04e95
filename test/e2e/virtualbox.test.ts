import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { generateRsaKey } from '../../src/guest/keys.ts';
import { findTool } from '../../src/host/tools.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { layout } from '../../src/providers/vagrant/layout.ts';
import { renderOverlay } from '../../src/providers/vagrant/overlay.ts';
import { virtualbox } from '../../src/providers/vagrant/virtualbox.ts';
import { renderFolder } from '../../src/provision/folder.ts';
import { tunBasic } from '../provision/fixtures/labs.ts';
import { lab, RUN_BASE } from './harness.ts';
import { isFull } from './scope.ts';

// VirtualBox itself cannot run where these tests do. Vagrant's own half of the work is real; VBoxManage is a stand-in that
// answers like version 7 and remembers what it was asked to make.

const STAND_IN = join(import.meta.dirname, 'stand-ins', 'vboxmanage.ts');
const reason = (await findTool('vagrant')) || process.env.CI === 'true' ? undefined : 'Vagrant is not installed';
const isInstalled = (await findTool('VBoxManage')) !== undefined;
const BUDGET = 300_000;

interface Machine {
  name: string;
  state: string;
  settings: Record<string, string[]>;
}

describe.skipIf(reason !== undefined)(
  `the provider virtualbox${reason ? ` (${reason})` : ''}`,
  { timeout: BUDGET },
  () => {
    const dir = `${RUN_BASE}-labs`;
    const bin = join(dir, 'bin');
    const place = join(dir, 'place');
    const env = {
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      VBOX_STAND_IN: dir,
      VAGRANT_HOME: join(dir, 'vagrant-home'),
      VAGRANT_DEFAULT_PROVIDER: 'virtualbox',
      VAGRANT_CHECKPOINT_DISABLE: '1',
      LAB_BOX: 'lab/stand-in',
    };
    const vagrant = (cwd: string, args: string[], more: Record<string, string> = {}) =>
      execa('vagrant', args, { cwd, env: { ...env, ...more }, reject: false, all: true, stdin: 'ignore' });

    beforeAll(async () => {
      await mkdir(bin, { recursive: true });
      await writeFile(join(bin, 'VBoxManage'), `#!/bin/sh\nexec ${process.execPath} ${STAND_IN} "$@"\n`, {
        mode: 0o755,
      });
      const box = join(dir, 'box');
      await mkdir(box);
      await writeFile(join(box, 'metadata.json'), '{"provider":"virtualbox"}');
      await writeFile(
        join(box, 'Vagrantfile'),
        "Vagrant.configure('2') { |config| config.vm.base_mac = '080027000001' }\n",
      );
      await writeFile(join(box, 'box.ovf'), '<?xml version="1.0"?>\n<Envelope/>\n');
      await execa('tar', ['-C', box, '-cf', join(dir, 'stand-in.box'), 'metadata.json', 'Vagrantfile', 'box.ovf']);
      await renderFolder(tunBasic, REGISTRIES.images.named('centos8'), layout(place).folder, 'web');
      const { all, exitCode } = await vagrant(dir, ['box', 'add', '--name', 'lab/stand-in', join(dir, 'stand-in.box')]);
      expect(exitCode, all).toBe(0);
    }, BUDGET);

    describe('asks of VirtualBox what the lab file says', () => {
      let made: Map<string, Machine>;
      // Vagrant waits a while for each. One with two NICs for the lab, one with one; all of them in a full run.
      const machines = tunBasic.nodes.filter(({ name }) => isFull || name === 'router' || name === 'rs1');

      beforeAll(async () => {
        const overlay = renderOverlay(tunBasic as Lab, virtualbox, {
          dir: place,
          instance: 'web',
          driver: undefined,
          boxVersion: undefined,
        });
        await writeFile(layout(place).overlay, overlay);
        await writeFile(layout(place).clientKey, generateRsaKey(), { mode: 0o600 });
        for (const { name } of machines) {
          // It ends in an error, since nobody answers: all that is asked of VirtualBox has been asked by then.
          const { all } = await vagrant(layout(place).folder, ['up', name], {
            ...{ VAGRANT_VAGRANTFILE: 'Vagrantfile.lab', LAB_BOOT_TIMEOUT: '1' },
          });
          expect(all).toMatch(/Timed out while waiting for the machine to boot/);
        }
        const told = Object.values(
          JSON.parse(await readFile(join(dir, 'machines.json'), 'utf8')) as Record<string, Machine>,
        );
        made = new Map(told.map((machine) => [machine.name, machine]));
      }, BUDGET);

      test.each(machines)('$name', ({ name, cpus, links }) => {
        const settings = made.get(`lab-web-${name}`)?.settings ?? {};
        // dnf on EL 8 needs more than the 256 MiB of the lab file.
        expect(settings.memory).toEqual(['1024']);
        expect(settings.cpus).toEqual([String(cpus)]);
        expect(settings.nic1).toEqual(['nat']);
        expect(settings.uartmode1).toEqual(['file', layout(place).node(name).console]);
        for (const [index, { segment, mac }] of links.entries()) {
          const adapter = index + 2;
          expect(settings[`nic${adapter}`]).toEqual(['intnet']);
          expect(settings[`intnet${adapter}`]).toEqual([`web-${segment}`]);
          expect(settings[`macaddress${adapter}`]).toEqual([mac.replaceAll(':', '')]);
          expect(settings[`nictype${adapter}`]).toEqual(['virtio']);
        }
        expect(settings[`nic${links.length + 2}`]).toEqual(['none']);
      });
    });

    describe('power, pause button and cables, as faults use them', () => {
      const rs1 = 'lab-web-rs1';
      const link = tunBasic.nodes.find(({ name }) => name === 'rs1')?.links[0];
      const seen = async (): Promise<{ state: string; cable: string | undefined }> => {
        const machines: Machine[] = Object.values(JSON.parse(await readFile(join(dir, 'machines.json'), 'utf8')));
        const { state, settings } = machines.find(({ name }) => name === rs1) as Machine;
        return { state, cable: settings.cableconnected2?.[0] };
      };
      // A segment stands for the MAC address of the NIC on it.
      const controls = virtualbox.controls(rs1, (mac) => mac);

      beforeAll(() => {
        vi.stubEnv('PATH', env.PATH);
        vi.stubEnv('VBOX_STAND_IN', dir);
        return () => void vi.unstubAllEnvs();
      });

      test('cut, and back, also where it runs already', async () => {
        await controls.cutPower();
        expect(await seen()).toMatchObject({ state: 'poweroff' });
        await expect(controls.pause()).rejects.toThrow('cannot pause lab-web-rs1: Invalid machine state: poweroff');
        await controls.start();
        await controls.start();
        expect(await seen()).toMatchObject({ state: 'running' });
      });

      test('paused, and running on, also where it does', async () => {
        await controls.pause();
        expect(await seen()).toMatchObject({ state: 'paused' });
        await controls.resume();
        await controls.resume();
        expect(await seen()).toMatchObject({ state: 'running' });
      });

      test('a cable, known by the MAC address of its NIC', async () => {
        await controls.plug(link?.mac ?? '', false);
        expect(await seen()).toMatchObject({ cable: 'off' });
        await controls.plug(link?.mac ?? '', true);
        expect(await seen()).toMatchObject({ cable: 'on' });
        await expect(controls.plug('52:54:00:ff:ff:ff', true)).rejects.toThrow('knows no adapter');
      });
    });

    test('prune removes machines whose instance is gone, and no others', async () => {
      const left = async () =>
        Object.values(JSON.parse(await readFile(join(dir, 'machines.json'), 'utf8')) as Record<string, Machine>)
          .map(({ name }) => name)
          .filter((name) => name !== 'box');
      await execa('VBoxManage', ['import', 'x', '--vmname', 'somebody-elses'], { env });
      const before = await left();
      // Their directory is there: they are somebody's.
      expect((await lab(['prune'], env)).stdout).not.toContain('lab-web-');
      expect(await left()).toEqual(before);
      await rm(place, { recursive: true });
      expect((await lab(['prune'], env)).stdout).toContain(`removed machine lab-web-rs1 of ${place}, which is gone`);
      expect((await left()).filter((name) => name.startsWith('lab-web-'))).toEqual([]);
      expect(await left()).toContain('somebody-elses');
    });

    const finding = async (more?: Record<string, string>) => {
      const found = JSON.parse((await lab(['doctor', '-f', 'json'], more)).stdout);
      const { findings } = found.find(({ provider }: { provider: string }) => provider === 'virtualbox');
      return findings.find(({ what }: { what: string }) => what === 'VirtualBox');
    };

    test('doctor knows VirtualBox by its version', async () => {
      expect(await finding({ ...env })).toMatchObject({ ok: true, detail: '7.0.20r163906' });
    });

    test.skipIf(isInstalled)('doctor says where it is to be had, where it is missing', async () => {
      expect(await finding()).toMatchObject({ ok: false, mend: expect.stringContaining('virtualbox.org') });
    });

    test.skipIf(isInstalled)('up says that it is not there, and ends in exit code 3', async () => {
      const outcome = await lab(['up', 'tun-basic', '--provider', 'virtualbox']);
      expect(outcome.exitCode).toBe(3);
      expect(outcome.stderr).toMatch(/with the provider virtualbox: VirtualBox: not installed/);
      expect(outcome.stderr).toContain('virtualbox.org');
    });
  },
);

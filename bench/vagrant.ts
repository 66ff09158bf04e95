/**
 * Measures `lab up tun-basic` on the provider qemu (every machine booted; resumed from the saved machine; the whole lab
 * resumed) and on libvirt beside plain `vagrant up` of the rendered folder, all with the same image, in one run. libvirt
 * runs in namespaces of its own (test/e2e/libvirt-host.ts), which takes root.
 *
 *     node bench/vagrant.ts [--json FILE]
 *
 * Prints a table of wall time, CPU time and memory a machine, each also as a ratio to plain Vagrant's; with --json, writes
 * every figure to a file. Checks are not part of it, as plain Vagrant has none.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../src/cli/table.ts';
import { LibvirtHost } from '../test/e2e/libvirt-host.ts';
import { Home, LAB } from './home.ts';

interface Machine {
  /** Bytes: PSS on qemu, RSS on libvirt, which tells no other. */
  memory: number;
  cpuSeconds: number;
}

interface Measured {
  seconds: number;
  machines: Machine[];
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const dir = await mkdtemp(join(tmpdir(), 'lab-bench-'));
// With copies of the user's images: what is saved, packed or fetched here is removed with it.
const home = await Home.create('tcg');
const lab = (...args: string[]) => home.lab(...args);

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

const machinesIn = (status: string): Machine[] =>
  (JSON.parse(status) as { nodes: Machine[] }).nodes.map(({ memory, cpuSeconds }) => ({ memory, cpuSeconds }));

const onQemu = async (...flags: string[]): Promise<Measured> => {
  const seconds = await timed(() => lab('up', LAB, '--accel', 'tcg', '--no-test', ...flags));
  const machines = machinesIn(await lab('status', LAB, '-f', 'json'));
  await lab('down', LAB);
  return { seconds, machines };
};

/** What a host does once: the box is added, and its disk goes into libvirt's pool. Neither way is to pay that for the other. */
const readyPool = async (host: LibvirtHost): Promise<void> => {
  const one = join(dir, 'one.yaml');
  const segment = 'segments: { lan: 192.168.7.0/24 }';
  await writeFile(one, `name: one\nsummary: one\n${segment}\nnodes: { one: { links: { lan: 192.168.7.1 } } }\n`);
  await host.labMust('up', one, '--provider', 'libvirt', '--image', 'debian12', '--accel', 'tcg', '--no-test');
  await host.labMust('down', 'one');
};

const onLibvirt = async (host: LibvirtHost): Promise<Measured> => {
  const flags = ['--provider', 'libvirt', '--image', 'debian12', '--accel', 'tcg', '--no-test'];
  const seconds = await timed(() => host.labMust('up', LAB, ...flags));
  const machines = machinesIn(await host.labMust('status', LAB, '-f', 'json'));
  await host.labMust('down', LAB);
  return { seconds, machines };
};

const plainVagrant = async (host: LibvirtHost, catalog: string): Promise<Measured> => {
  const folder = join(dir, 'folder');
  await lab('render', LAB, '-o', folder);
  const options = { cwd: folder, env: { LAB_BOX: 'lab/debian12', LAB_DRIVER: 'qemu' } };
  await host.run('vagrant', ['box', 'add', catalog], options);
  const seconds = await timed(() => host.must('vagrant', ['up'], options));
  const stats = await host.virsh('domstats', '--cpu-total', '--balloon');
  const figures = (key: string) =>
    [...stats.matchAll(new RegExp(`${key}=(\\d+)`, 'g'))].map(([, value]) => Number(value));
  const memory = figures('balloon\\.rss');
  const machines = figures('cpu\\.time').map((time, index) => ({
    memory: (memory[index] ?? 0) * 1024,
    cpuSeconds: time / 1e9,
  }));
  await host.must('vagrant', ['destroy', '--force'], options);
  return { seconds, machines };
};

const measured: Record<string, Measured> = {};
let host: LibvirtHost | undefined;
try {
  const catalog = (await lab('image', 'build', 'debian12', '--format', 'vagrant-libvirt')).trim();
  // Saves the machine that others are resumed from.
  await onQemu('--no-save');
  measured['qemu, cold'] = await onQemu('--cold', '--no-save');
  measured['qemu, golden'] = await onQemu('--no-save');
  await lab('up', LAB, '--accel', 'tcg');
  await lab('down', LAB);
  measured['qemu, warm'] = await onQemu();
  await mkdir(join(dir, 'libvirt'));
  host = await LibvirtHost.start(join(dir, 'libvirt'), home.dir);
  await readyPool(host);
  measured['lab on libvirt'] = await onLibvirt(host);
  measured['plain vagrant up'] = await plainVagrant(host, catalog);
} finally {
  await host?.stop();
  await home[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
}

const mean = (numbers: number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const figures = ({ seconds, machines }: Measured) => ({
  seconds,
  cpu: mean(machines.map(({ cpuSeconds }) => cpuSeconds)),
  memory: mean(machines.map(({ memory }) => memory)),
});
const base = figures(measured['plain vagrant up'] as Measured);
const rows = Object.entries(measured).map(([title, each]) => {
  const { seconds, cpu, memory } = figures(each);
  return [
    title,
    `${seconds.toFixed(1)} s`,
    (base.seconds / seconds).toFixed(1),
    `${cpu.toFixed(1)} s`,
    (base.cpu / cpu).toFixed(1),
    `${Math.round(memory / 1024 ** 2)} MiB`,
    (base.memory / memory).toFixed(1),
  ];
});
console.log(table(['way', 'wall', 'times faster', 'CPU a machine', 'times less', 'memory', 'times less'], rows));
if (values.json) await writeFile(values.json, `${JSON.stringify(measured, null, 2)}\n`);

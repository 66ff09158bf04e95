import { stat } from 'node:fs/promises';
import { execa } from 'execa';
import type { MachineState, MachineStatus } from '../../guest/machine.ts';
import { installCommand } from '../../host/install-command.ts';
import { isRoot, packageManager } from '../../host/system.ts';
import { findTool, searchPath } from '../../host/tools.ts';
import { LabError } from '../../support/errors.ts';
import { rubyString } from '../../support/ruby.ts';
import type { Finding, Notify, Place } from '../provider.ts';
import { type Backend, MARK } from './backend.ts';
import type { VagrantState } from './state.ts';

/** Milliseconds that libvirt may take to answer. */
const ANSWER_BUDGET = 30_000;

/** Pool that vagrant-libvirt keeps the disks of machines in. */
const POOL = 'default';

/**
 * MiB of QEMU's cache of translated code, without KVM: its default grows to 1 GB a machine. vagrant-libvirt has no
 * setting for it, but writes each feature of a machine as an element, `<name/>`.
 */
const TRANSLATION_CACHE = 'tcg><tb-cache unit="MiB">128</tb-cache></tcg><pae';

/** Of libvirt's virDomainState. */
const STATES: Readonly<Record<string, MachineStatus>> = {
  '1': 'running',
  '2': 'running',
  '3': 'paused',
  '4': 'running',
  '5': 'stopped',
  '6': 'crashed',
  '7': 'paused',
};
/** Of virDomainShutoffReason, those that nobody asked for: crashed, failed. */
const CRASHED = ['3', '6'];

const connection = (): string[] => ['--connect', process.env.LIBVIRT_DEFAULT_URI ?? 'qemu:///system', '--quiet'];

/** Runs virsh and gives what it prints. @throws LabError with libvirt's own words. */
const virsh = async (tried: string, ...args: string[]): Promise<string> => {
  const { failed, stdout, stderr, shortMessage } = await execa('virsh', [...connection(), ...args], {
    env: { PATH: searchPath(), LC_ALL: 'C.UTF-8' },
    reject: false,
    stdin: 'ignore',
    timeout: ANSWER_BUDGET,
  });
  if (!failed) return stdout;
  const happened = stderr?.trim().replace(/^error: /gm, '') || shortMessage || 'virsh failed without a word';
  throw new LabError({ tried, happened, next: 'see whether libvirt runs: lab doctor' });
};

const names = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const domains = async (): Promise<string[]> => names(await virsh('list machines', 'list', '--all', '--name'));

const running = async (): Promise<string[]> => names(await virsh('list machines', 'list', '--name'));

/** The directory of the instance that a machine is of; undefined for one that is none of ours. */
const ownerOf = async (domain: string): Promise<string | undefined> => {
  const description = await virsh(`look at machine ${domain}`, 'desc', domain).catch(() => '');
  return description.startsWith(MARK) ? description.slice(MARK.length).trim() : undefined;
};

const removeDomain = async (domain: string): Promise<void> => {
  if ((await running()).includes(domain)) await virsh(`end machine ${domain}`, 'destroy', domain).catch(() => '');
  await virsh(`remove machine ${domain}`, 'undefine', domain, '--remove-all-storage', '--snapshots-metadata');
};

/** Removes disks that were made for a machine that was never defined. */
const removeVolumes = async (domain: string): Promise<void> => {
  const listed = await virsh('list disks', 'vol-list', POOL).catch(() => '');
  for (const volume of names(listed).map((line) => line.split(/\s+/)[0] ?? '')) {
    if (!volume.startsWith(domain) || !/^(_\d+)?\.img$/.test(volume.slice(domain.length))) continue;
    await virsh(`remove disk ${volume}`, 'vol-delete', volume, '--pool', POOL);
  }
};

/** Removes a network, unless machines are on it. */
const removeNetwork = async (network: string): Promise<void> => {
  if (!names(await virsh('list networks', 'net-list', '--all', '--name')).includes(network)) return;
  const ports = await virsh(`look at network ${network}`, 'net-port-list', network).catch(() => '');
  if (names(ports).length > 0) return;
  await virsh(`end network ${network}`, 'net-destroy', network).catch(() => '');
  await virsh(`remove network ${network}`, 'net-undefine', network);
};

const statsOf = async (domains: readonly string[]): Promise<Map<string, Map<string, string>>> => {
  const found = new Map<string, Map<string, string>>();
  if (domains.length === 0) return found;
  let current = new Map<string, string>();
  const text = await virsh('ask how machines fare', 'domstats', '--state', '--cpu-total', '--balloon', ...domains);
  for (const line of names(text)) {
    const domain = line.match(/^Domain: '(.*)'$/)?.[1];
    if (domain !== undefined) {
      current = new Map();
      found.set(domain, current);
      continue;
    }
    const [key = '', value = ''] = line.split('=');
    current.set(key, value);
  }
  return found;
};

const examineConnection = async (): Promise<Finding> => {
  const what = 'libvirt';
  if (!(await findTool('virsh'))) return { what, ok: false, detail: 'there is no virsh to ask it with' };
  try {
    const version = await virsh('reach libvirt', 'version');
    return { what, ok: true, detail: version.match(/Using library: libvirt (.*)/)?.[1] ?? 'answers' };
  } catch (error) {
    const sudo = isRoot() ? '' : 'sudo ';
    const denied = /denied|authentication/i.test(String(error));
    return {
      what,
      ok: false,
      detail: error instanceof LabError ? (error.happened.split('\n').at(-1) ?? '') : String(error),
      mend: denied ? 'sudo adduser "$USER" libvirt, then log in anew' : `${sudo}systemctl start libvirtd`,
    };
  }
};

const examinePlugin = async (): Promise<Finding> => {
  const what = 'vagrant-libvirt';
  if (!(await findTool('vagrant'))) return { what, ok: false, detail: 'there is no Vagrant to ask for it' };
  const { stdout } = await execa('vagrant', ['plugin', 'list'], { reject: false, env: { PATH: searchPath() } });
  const version = stdout?.match(/vagrant-libvirt \(([^,)]*)/)?.[1];
  if (version) return { what, ok: true, detail: version };
  const manager = await packageManager();
  const mend = (manager && installCommand(['vagrant'], manager)) ?? 'vagrant plugin install vagrant-libvirt';
  return { what, ok: false, detail: 'Vagrant lacks this plugin', mend };
};

/** vagrant-libvirt puts these texts into XML as they are. */
const xml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');

export const libvirt: Backend = {
  name: 'libvirt',
  tools: ['vagrant', 'virsh', 'libvirtd', 'qemu-system-x86_64', 'qemu-img', 'ssh'],
  drivers: { kvm: 'kvm', tcg: 'qemu' },
  localBoxes: true,

  examine: async () => [await examinePlugin(), await examineConnection()],

  machineName: (instance, node) => `${instance}-${node}`,
  networkName: (instance, segment) => `${instance}-${segment}`,

  settings: (dir, driver) => [
    'config.vm.provider :libvirt do |libvirt|',
    `  libvirt.description = ${rubyString(xml(MARK + dir))}`,
    ...(driver === undefined ? [] : [`  libvirt.driver = ${rubyString(driver)}`]),
    ...(driver === 'qemu' ? [`  libvirt.features = ['acpi', 'apic', ${rubyString(TRANSLATION_CACHE)}]`] : []),
    'end',
  ],

  machineSettings: (_, console) => [
    `node.vm.provider(:libvirt) { |libvirt| libvirt.serial type: 'file', source: { path: ${rubyString(xml(console))} } }`,
  ],

  async states(place, state): Promise<MachineState[]> {
    const there = await domains();
    const stats = await statsOf(Object.values(state.machines).filter((name) => there.includes(name)));
    return place.lab.nodes.map(({ name }) => {
      const found = stats.get(state.machines[name] ?? '');
      if (!found) return { node: name, status: 'stopped' };
      const number = found.get('state.state') ?? '';
      const status = STATES[number] ?? 'crashed';
      if (status === 'stopped' && CRASHED.includes(found.get('state.reason') ?? ''))
        return { node: name, status: 'crashed' };
      if (status !== 'running') return { node: name, status };
      const [rss, time] = [Number(found.get('balloon.rss')), Number(found.get('cpu.time'))];
      return {
        node: name,
        status,
        ...(rss > 0 && { memory: rss * 1024 }),
        ...(time > 0 && { cpuSeconds: time / 1e9 }),
      };
    });
  },

  async halt(place: Place, state: VagrantState, notify: Notify, grace: number) {
    const ours = async () => {
      const live = await running();
      return place.lab.nodes.filter(({ name }) => live.includes(state.machines[name] ?? ''));
    };
    const asked = await ours();
    if (grace > 0)
      await Promise.all(
        asked.map(({ name }) => virsh(`shut ${name} down`, 'shutdown', state.machines[name] ?? '').catch(() => '')),
      );
    const deadline = Date.now() + grace;
    let left = await ours();
    while (left.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      left = await ours();
    }
    for (const { name } of left) {
      if (grace > 0) notify(`did not shut down within ${grace / 1000} s: powered off`, name);
      await virsh(`power ${name} off`, 'destroy', state.machines[name] ?? '');
    }
  },

  controls: (machine, macOf) => ({
    cutPower: async () => void (await virsh(`power ${machine} off`, 'destroy', machine)),
    start: async () => {
      if (!(await running()).includes(machine)) await virsh(`power ${machine} on`, 'start', machine);
    },
    pause: async () => void (await virsh(`pause ${machine}`, 'suspend', machine)),
    resume: async () => {
      const state = (await virsh(`look at machine ${machine}`, 'domstate', machine)).trim();
      if (state === 'paused') await virsh(`let ${machine} run on`, 'resume', machine);
    },
    plug: async (segment, isIn) =>
      void (await virsh(`set a link of ${machine}`, 'domif-setlink', machine, macOf(segment), isIn ? 'up' : 'down')),
  }),

  async sweep(dir, state) {
    const there = await domains();
    for (const domain of Object.values(state.machines)) {
      if (there.includes(domain) && (await ownerOf(domain)) !== dir) continue;
      if (there.includes(domain)) await removeDomain(domain);
      await removeVolumes(domain);
    }
    for (const network of Object.values(state.networks)) await removeNetwork(network);
  },

  async prune(notify) {
    if (!(await findTool('virsh'))) return;
    // Without libvirt there are no machines of it.
    for (const domain of await domains().catch(() => [])) {
      const owner = await ownerOf(domain);
      if (owner === undefined || (await stat(owner).catch(() => undefined))) continue;
      const interfaces = await virsh(`look at machine ${domain}`, 'domiflist', domain);
      await removeDomain(domain);
      // The first is the management network, which all machines of Vagrant share.
      for (const line of names(interfaces).slice(1)) {
        const network = line.split(/\s+/)[2];
        if (network) await removeNetwork(network);
      }
      notify(`machine ${domain} of ${owner}, which is gone`);
    }
  },
};

import { stat } from 'node:fs/promises';
import { execa } from 'execa';
import type { MachineState, MachineStatus } from '../../guest/machine.ts';
import { findTool, searchPath } from '../../host/tools.ts';
import { LabError } from '../../support/errors.ts';
import { rubyString } from '../../support/ruby.ts';
import type { Finding } from '../provider.ts';
import { type Backend, MARK } from './backend.ts';
import { vagrantIn } from './vagrant.ts';

const STATES: Readonly<Record<string, MachineStatus>> = {
  running: 'running',
  starting: 'running',
  stopping: 'running',
  paused: 'paused',
  saved: 'paused',
  aborted: 'crashed',
  gurumeditation: 'crashed',
};

/** Milliseconds that VBoxManage may take. */
const ANSWER_BUDGET = 60_000;

const manage = (...args: string[]) =>
  execa('VBoxManage', args, { reject: false, stdin: 'ignore', timeout: ANSWER_BUDGET, env: { PATH: searchPath() } });

/** Runs VBoxManage and gives what it prints. @throws LabError with its own words. */
const ask = async (tried: string, ...args: string[]): Promise<string> => {
  const { failed, stdout = '', stderr, shortMessage } = await manage(...args);
  if (!failed) return stdout;
  const happened = stderr?.match(/error: (.*)/)?.[1] ?? shortMessage ?? 'VBoxManage failed without a word';
  throw new LabError({ tried, happened, next: 'see whether VirtualBox runs: lab doctor' });
};

/** Names of all machines of this user. */
const machines = async (): Promise<string[]> => {
  const { stdout = '' } = await manage('list', 'vms');
  return [...stdout.matchAll(/^"(.*)" \{[0-9a-f-]+\}$/gm)].map(([, name]) => name ?? '');
};

/** What VirtualBox says of a machine, by its own keys: `VMState`, `macaddress2`. @throws LabError with its own words. */
const informationOf = async (name: string): Promise<ReadonlyMap<string, string>> => {
  const text = await ask(`look at machine ${name}`, 'showvminfo', name, '--machinereadable');
  return new Map([...text.matchAll(/^"?([^"=\n]+)"?="?(.*?)"?$/gm)].map(([, key = '', value = '']) => [key, value]));
};

/** The directory of the instance that a machine is of; undefined for one that is none of ours, or gone by now. */
const ownerOf = async (name: string): Promise<string | undefined> => {
  const information = await informationOf(name).catch(() => undefined);
  const description = information?.get('description') ?? '';
  return description.startsWith(MARK) ? description.slice(MARK.length) : undefined;
};

const isRunning = async (name: string): Promise<boolean> => (await informationOf(name)).get('VMState') === 'running';

/** The number of the adapter that has a MAC address: VirtualBox knows cables by that. */
const adapterOf = async (name: string, mac: string): Promise<string> => {
  const wanted = mac.replaceAll(':', '').toUpperCase();
  for (const [key, value] of await informationOf(name)) {
    const number = key.match(/^macaddress(\d+)$/)?.[1];
    if (number !== undefined && value.toUpperCase() === wanted) return number;
  }
  throw new LabError({
    tried: `find the adapter ${mac} of ${name}`,
    happened: 'VirtualBox knows no adapter with this MAC address',
    next: `see its adapters: VBoxManage showvminfo ${name}`,
  });
};

const removeMachine = async (name: string): Promise<void> => {
  await manage('controlvm', name, 'poweroff');
  await ask(`remove machine ${name}`, 'unregistervm', name, '--delete');
};

const examine = async (): Promise<Finding> => {
  const what = 'VirtualBox';
  const mend = 'install it from https://www.virtualbox.org/wiki/Downloads';
  if (!(await findTool('VBoxManage'))) return { what, ok: false, detail: 'not installed', mend };
  const { failed, stdout, stderr } = await manage('--version');
  // Where its kernel module is missing it says so, and then its version.
  const warning = `${stderr}\n${stdout}`.match(/WARNING: (.*)/)?.[1];
  const version = stdout?.match(/^\d+\.\d+\S*$/m)?.[0];
  if (failed || !version || warning)
    return { what, ok: false, detail: warning ?? stderr?.trim() ?? 'does not run', mend: 'sudo /sbin/vboxconfig' };
  return { what, ok: true, detail: version };
};

export const virtualbox: Backend = {
  name: 'virtualbox',
  tools: ['vagrant', 'ssh'],
  drivers: {},
  localBoxes: false,

  examine: async () => [await examine()],

  machineName: (instance, node) => `lab-${instance}-${node}`,
  networkName: (instance, segment) => `${instance}-${segment}`,

  settings: (dir) => [
    'config.vm.provider :virtualbox do |virtualbox|',
    `  virtualbox.customize ['modifyvm', :id, '--description', ${rubyString(MARK + dir)}]`,
    'end',
  ],

  machineSettings: (name, console) => [
    'node.vm.provider :virtualbox do |virtualbox|',
    `  virtualbox.name = ${rubyString(name)}`,
    `  virtualbox.customize ['modifyvm', :id, '--uart1', '0x3F8', '4', '--uartmode1', 'file', ${rubyString(console)}]`,
    'end',
  ],

  async states(place): Promise<MachineState[]> {
    const tried = `ask how the machines of ${place.name} fare`;
    const messages = await vagrantIn(place.dir, 'virtualbox', ['status'], { tried });
    return place.lab.nodes.map(({ name }) => {
      const said = messages.find(({ target, type }) => target === name && type === 'state')?.data[0] ?? '';
      return { node: name, status: STATES[said] ?? 'stopped' };
    });
  },

  async halt(place, _state, notify, grace) {
    const force = grace === 0 ? ['--force'] : [];
    await vagrantIn(place.dir, 'virtualbox', ['halt', ...force], { tried: `stop ${place.name}`, notify });
  },

  controls: (machine, macOf) => ({
    cutPower: async () => void (await ask(`power ${machine} off`, 'controlvm', machine, 'poweroff')),
    async start() {
      if (!(await isRunning(machine))) await ask(`power ${machine} on`, 'startvm', machine, '--type', 'headless');
    },
    pause: async () => void (await ask(`pause ${machine}`, 'controlvm', machine, 'pause')),
    async resume() {
      if ((await informationOf(machine)).get('VMState') === 'paused')
        await ask(`let ${machine} run on`, 'controlvm', machine, 'resume');
    },
    async plug(segment, isIn) {
      const cable = `setlinkstate${await adapterOf(machine, macOf(segment))}`;
      await ask(`set a link of ${machine}`, 'controlvm', machine, cable, isIn ? 'on' : 'off');
    },
  }),

  async sweep(_dir, state) {
    const there = await machines();
    for (const name of Object.values(state.machines)) if (there.includes(name)) await removeMachine(name);
  },

  async prune(notify) {
    if (!(await findTool('VBoxManage'))) return;
    for (const name of await machines()) {
      const owner = await ownerOf(name);
      if (owner === undefined || (await stat(owner).catch(() => undefined))) continue;
      await removeMachine(name);
      notify(`machine ${name} of ${owner}, which is gone`);
    }
  },
};

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Answers Vagrant like VBoxManage 7.0, keeps in a file what it was asked to make, and makes nothing. The machines it says
// it has are said to run and are never reached.

interface Machine {
  name: string;
  state: string;
  snapshots: string[];
  /** As `modifyvm` was given them, without the dashes. */
  settings: Record<string, string[]>;
}

const dir = process.env.VBOX_STAND_IN as string;
const file = join(dir, 'machines.json');
const machines: Record<string, Machine> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const args = process.argv.slice(2);

const after = (option: string): string => args[args.indexOf(option) + 1] ?? '';

const machineOf = (reference: string): Machine => {
  const found = machines[reference] ?? Object.values(machines).find(({ name }) => name === reference);
  if (found) return found;
  process.stderr.write(
    `VBoxManage: error: Could not find a registered machine named '${reference}'\nVBOX_E_OBJECT_NOT_FOUND\n`,
  );
  process.exit(1);
};

const make = (name: string): void => {
  machines[randomUUID()] = { name, state: 'poweroff', snapshots: [], settings: { nic1: ['nat'] } };
};

/** `--memory 256 --uartmode1 file /x` as `{ memory: ['256'], uartmode1: ['file', '/x'] }`. */
const settingsIn = (words: readonly string[]): Record<string, string[]> => {
  const settings: Record<string, string[]> = {};
  let current: string[] = [];
  for (const word of words) {
    if (word.startsWith('--')) {
      current = [];
      settings[word.slice(2)] = current;
    } else current.push(word);
  }
  return settings;
};

const information = ({ name, state, settings }: Machine): string =>
  [
    `name="${name}"`,
    `VMState="${state}"`,
    ...Object.entries(settings).map(([key, values]) => `${key}="${values.join(',')}"`),
  ].join('\n');

/** What it says where a machine is in another state than the command is for. */
const refuse = (name: string, state: string): never => {
  process.stderr.write(`VBoxManage: error: Invalid machine state: ${state}\nVBoxManage: error: Machine '${name}'\n`);
  process.exit(1);
};

const control = (machine: Machine, command: string, value: string): void => {
  const { name, state, settings } = machine;
  const adapter = command.match(/^setlinkstate(\d+)$/)?.[1];
  if (adapter !== undefined) {
    if (state === 'poweroff') refuse(name, state);
    settings[`cableconnected${adapter}`] = [value];
    return;
  }
  if (command === 'poweroff') {
    if (state === 'poweroff') refuse(name, state);
    machine.state = 'poweroff';
  }
  if (command === 'pause') {
    if (state !== 'running') refuse(name, state);
    machine.state = 'paused';
  }
  if (command === 'resume') {
    if (state !== 'paused') refuse(name, state);
    machine.state = 'running';
  }
};

const list = (): string => {
  if (args[1] === 'systemproperties') return `Default machine folder:          ${dir}`;
  if (args[1] !== 'vms') return '';
  return Object.entries(machines)
    .map(([id, { name }]) => `"${name}" {${id}}`)
    .join('\n');
};

const answer = (): string => {
  switch (args[0]) {
    case '--version':
      return '7.0.20r163906';
    case 'list':
      return list();
    case 'import':
      if (args[1] === '-n') return 'Suggested VM name "box"';
      make(after('--vmname'));
      return 'OK.';
    case 'clonevm':
      make(after('--name'));
      return '';
    case 'showvminfo':
      return information(machineOf(args[1] ?? ''));
    case 'snapshot': {
      const { snapshots } = machineOf(args[1] ?? '');
      if (args[2] === 'take') snapshots.push(args[3] ?? '');
      return snapshots.map((name, index) => `SnapshotName-${index}="${name}"`).join('\n');
    }
    case 'modifyvm':
      Object.assign(machineOf(args[1] ?? '').settings, settingsIn(args.slice(2)));
      if (args[2] === '--name') machineOf(args[1] ?? '').name = args[3] ?? '';
      return '';
    case 'startvm': {
      const machine = machineOf(args[1] ?? '');
      if (machine.state === 'running') refuse(machine.name, machine.state);
      machine.state = 'running';
      return '';
    }
    case 'controlvm':
      control(machineOf(args[1] ?? ''), args[2] ?? '', args[3] ?? '');
      return '';
    case 'unregistervm': {
      const gone = machineOf(args[1] ?? '');
      for (const [id, machine] of Object.entries(machines)) if (machine === gone) delete machines[id];
      return '';
    }
    default:
      return '';
  }
};

const text = answer();
writeFileSync(`${file}.${process.pid}`, JSON.stringify(machines, null, 2));
renameSync(`${file}.${process.pid}`, file);
process.stdout.write(text === '' ? '' : `${text}\n`);

/**
 * The floor of `lab up tun-basic`: its five machines by plain QEMU commands, with no part of the tool, until the client
 * was answered twenty times in turn. What has to be done is done, and nothing else.
 *
 *     node bench/floor.ts boot   --image DIR --scripts DIR [--accel tcg|kvm]
 *     node bench/floor.ts golden --image DIR --scripts DIR
 *     node bench/floor.ts warm   --image DIR --state DIR
 *
 * `boot` boots the machines of an image and runs the scripts that `lab render` has written; `golden` resumes them from
 * the golden machine beside the image instead; `warm` resumes those of a lab that was saved. Prints one line of JSON.
 * Ends every process that it started.
 */
import { randomBytes } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Agent } from './floor/agent.ts';
import { argumentsOf, filesOf, MACHINES, type Machine, macsOf, startSwitches } from './floor/machines.ts';
import { cpuSeconds, endAll, pssBytes, run } from './floor/processes.ts';
import { Qemu } from './floor/qemu.ts';

const REQUESTS = 20;
const URL = `http://192.168.2.100/?[1-${REQUESTS}]`;

/** Milliseconds after which a boot is given up. */
const BOOT_BUDGET = 300_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    image: { type: 'string' },
    scripts: { type: 'string' },
    state: { type: 'string' },
    accel: { type: 'string', default: 'tcg' },
  },
});
const [mode] = positionals;
const { accel } = values;

const required = (name: 'image' | 'scripts' | 'state'): string => {
  const value = values[name];
  if (value === undefined) throw new Error(`floor.ts ${mode} needs --${name}`);
  return value;
};

interface Running {
  qemu: Qemu;
  agent: Agent;
}

const work = await mkdtemp(join(tmpdir(), 'floor-'));
// After the end of what was started, which was registered before.
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const image = required('image');
const running = new Map<string, Running>();

/** When the slowest machine had a stage behind it, and what all had cost by then. */
const marks = new Map<string, { at: number; cpu: Map<string, number> }>();
const begin = performance.now();

const mark = (stage: string, name = '', qemu?: Qemu): void => {
  const found = marks.get(stage) ?? { at: 0, cpu: new Map() };
  found.at = performance.now() - begin;
  if (qemu) found.cpu.set(name, cpuSeconds(qemu.pid));
  marks.set(stage, found);
};

/** A machine that boots from an empty disk and a seed of its own. */
const boot = async (machine: Machine, key: string): Promise<void> => {
  const files = filesOf(work, machine);
  await Promise.all([copyFile(join(work, 'empty.qcow2'), files.disk), makeSeed(machine, key)]);
  const qemu = await Qemu.start(argumentsOf(machine, { image, accel, work, seed: files.seed }));
  mark('start', machine.name, qemu);
  const late = AbortSignal.timeout(BOOT_BUDGET);
  while (!/^lab: ready/m.test(await readFile(files.console, 'utf8'))) await setTimeout(20, undefined, { signal: late });
  mark('boot', machine.name, qemu);
  running.set(machine.name, { qemu, agent: await Agent.connect(files.agent) });
};

const makeSeed = async ({ name, number }: Machine, key: string): Promise<void> => {
  const root = join(work, name);
  await mkdir(join(root, 'etc', 'ssh'), { recursive: true });
  await mkdir(join(root, 'root', '.ssh'), { recursive: true, mode: 0o700 });
  await Promise.all([
    writeFile(join(root, 'etc', 'hostname'), `${name}\n`),
    writeFile(join(root, 'etc', 'hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n`),
    writeFile(join(root, 'etc', 'machine-id'), `${String(number).padStart(32, '0')}\n`),
    copyFile(key, join(root, 'etc', 'ssh', 'ssh_host_ed25519_key')),
    copyFile(`${key}.pub`, join(root, 'root', '.ssh', 'authorized_keys')),
  ]);
  const { seed } = filesOf(work, { name, number, segments: [] });
  await run('tar', ['--owner=0', '--group=0', '-C', root, '-cf', seed, 'etc', 'root']);
};

/** A machine that was saved: its memory is mapped privately, page by page as it touches it. */
const resume = async (machine: Machine, from: string, seed: string, spares: boolean): Promise<void> => {
  const files = filesOf(work, machine);
  await copyFile(join(from, 'disk'), files.disk, constants.COPYFILE_FICLONE);
  const memory = join(from, 'memory');
  const qemu = await Qemu.start(argumentsOf(machine, { image, accel, work, seed, memory, spares }));
  mark('start', machine.name, qemu);
  await qemu.resume(join(from, 'devices'));
  mark('resume', machine.name, qemu);
  running.set(machine.name, { qemu, agent: await Agent.connect(files.agent) });
};

/** Makes a clone of the golden machine into this one. */
const identify = async (machine: Machine): Promise<void> => {
  const { qemu, agent } = running.get(machine.name) as Running;
  await agent.tell([
    [`clock ${Date.now() * 1000}`],
    ['random', randomBytes(64)],
    [`name ${machine.name}`],
    ...macsOf(machine).map((mac, index): [string] => [`mac eth${index + 1} ${mac}`]),
  ]);
  mark('identity', machine.name, qemu);
};

const provision = async ({ name }: Machine): Promise<void> => {
  const { qemu, agent } = running.get(name) as Running;
  const path = `/root/${name}.sh`;
  await agent.run(`cat > ${path} && bash ${path}`, await readFile(join(required('scripts'), `${name}.sh`), 'utf8'));
  mark('scripts', name, qemu);
};

const MODES: Record<string, () => Promise<unknown>> = {
  boot: async () => {
    // A key pair for all: what one costs the host is nothing beside a boot.
    const key = join(work, 'key');
    const empty = ['create', '-q', '-f', 'qcow2', '-b', join(image, 'disk'), '-F', 'qcow2', join(work, 'empty.qcow2')];
    await Promise.all([run('qemu-img', empty), run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])]);
    await each(async (machine) => {
      await boot(machine, key);
      await provision(machine);
    });
  },
  golden: async () => {
    const [golden] = (await readdir(image)).filter((name) => name.startsWith('golden-'));
    if (!golden) throw new Error(`there is no golden machine in ${image}`);
    const from = join(image, golden);
    await each(async (machine) => {
      await resume(machine, from, join(from, 'seed'), true);
      await identify(machine);
      await provision(machine);
    });
  },
  warm: async () => {
    const state = required('state');
    const { machines: saved } = JSON.parse(await readFile(join(state, 'machines.json'), 'utf8'));
    // Their seeds were unpacked long ago.
    const seed = join(work, 'seed');
    await writeFile(seed, Buffer.alloc(8192));
    await each((machine) => resume(machine, join(state, machine.name), seed, saved[machine.name].spares));
  },
};

const each = (work: (machine: Machine) => Promise<void>): Promise<unknown> => Promise.all(MACHINES.map(work));

/** Has the client ask twenty times, each over a connection of its own. @throws Error unless the answers take turns. */
const request = async (): Promise<void> => {
  const { agent } = running.get('client') as Running;
  const answers = (await agent.run(`curl -sS --fail-early -m 10 -H 'Connection: close' '${URL}'`)).trim().split('\n');
  const turns = answers.every((answer, index) => index < 2 || answer === answers[index - 2]);
  if (answers.length !== REQUESTS || !turns || answers[0] === answers[1])
    throw new Error(`the answers do not take turns: ${answers.join(' ')}`);
  for (const [name, { qemu }] of running) mark('requests', name, qemu);
};

/** Seconds from the end of one stage to the end of the next on the slowest machine, and the CPU seconds of all in it. */
const stages = (): { name: string; seconds: number; cpuSeconds: number }[] => {
  let before = 0;
  const used = new Map<string, number>();
  return [...marks].map(([name, { at, cpu }]) => {
    const seconds = (at - before) / 1000;
    before = at;
    let cpuSeconds = 0;
    for (const [machine, total] of cpu) {
      cpuSeconds += total - (used.get(machine) ?? 0);
      used.set(machine, total);
    }
    return { name, seconds, cpuSeconds };
  });
};

const machines = (): { node: string; memory: number; cpuSeconds: number }[] =>
  MACHINES.map(({ name }) => {
    const { pid } = (running.get(name) as Running).qemu;
    return { node: name, memory: pssBytes(pid), cpuSeconds: cpuSeconds(pid) };
  });

try {
  const come = MODES[mode ?? ''];
  if (!come) throw new Error('floor.ts wants one of: boot, golden, warm');
  await startSwitches(work);
  mark('switches');
  await come();
  await request();
  const seconds = (performance.now() - begin) / 1000;
  console.log(JSON.stringify({ mode, accel, seconds, stages: stages(), machines: machines() }));
} finally {
  for (const { agent } of running.values()) agent.close();
  endAll();
}

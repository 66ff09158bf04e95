import { chmod, constants, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestAgent } from '../../guest/agent.ts';
import type { Node } from '../../lab/lab.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { recordFile } from '../../support/record-file.ts';
import { allSettled } from '../../support/settled.ts';
import { CannotResume, type Notify, type Place } from '../provider.ts';
import { createDisk } from './create-machine.ts';
import { endAll, endMachine } from './ending.ts';
import { becomeNode } from './identity.ts';
import { layout, runLayout } from './layout.ts';
import { startMachine } from './machine.ts';
import { loadDevices, saveDevices, sendMachine, stopSending } from './migration.ts';
import { Qmp } from './qmp.ts';
import { makeRunDir, runDirOf } from './run-dir.ts';
import { type MachineRecord, type QemuState, stateOf, writeState } from './state.ts';

/** Paths of the files that are a saved machine: its memory, the state of its devices, its writable layer. */
const savedFiles = (dir: string, node: string) => ({
  dir: join(dir, node),
  memory: join(dir, node, 'memory'),
  devices: join(dir, node, 'devices'),
  disk: join(dir, node, 'disk'),
});

/** Beside the machines: what each of them was, as far as its device list depends on it. */
const MACHINES = 'machines.json';

type Machines = Record<string, { spares: boolean }>;

const machinesFiles = recordFile<{ machines: Machines }>({
  schema: z.strictObject({ machines: z.record(z.string(), z.strictObject({ spares: z.boolean() })) }),
  upgrades: [(older) => ({ machines: older })],
});

/** The files of a saved lab, relative to its directory. */
export const savedFileNames = (place: Pick<Place, 'lab'>): string[] => [
  MACHINES,
  ...place.lab.nodes.flatMap(({ name }) => ['memory', 'devices', 'disk'].map((file) => `${name}/${file}`)),
];

/**
 * Saves all machines of a running lab at one moment: pauses all, copies each, and lets them run on.
 *
 * A machine is sent to a second QEMU process whose memory is a shared file, and which then saves its devices alone: so
 * whoever resumes it maps that file privately, page by page as it touches it, instead of reading it whole.
 */
export const saveMachines = async (place: Place, dir: string, notify: Notify, signal: AbortSignal): Promise<void> => {
  const state = await stateOf(place.dir);
  const { nodes } = place.lab;
  const hold = join(dir, 'hold');
  const holders: QemuState = { ...state, runDir: runDirOf(hold) };
  await mkdir(hold, { mode: 0o700 });
  try {
    await makeRunDir(holders.runDir, hold);
    await allSettled(nodes.map((node) => startHolder(place, node, state, holders, hold, dir, signal)));
    await pausedWhile(place, state, async () => {
      await allSettled(nodes.map((node) => copyMachine(place, node, state, holders, dir, signal)));
    });
    notify('the machines run on');
    await allSettled(nodes.map((node) => saveHolder(node, holders, savedFiles(dir, node.name).devices, signal)));
    const machines = Object.fromEntries(
      nodes.map(({ name }) => [name, { spares: state.machines[name]?.spares ?? false }]),
    );
    await machinesFiles.write(join(dir, MACHINES), { machines }, { mode: 0o600 });
  } finally {
    await endAll(hold, holders.runDir);
    await rm(hold, { recursive: true, force: true });
  }
};

/** Starts the process that takes a machine in. It never runs, so its disk is an empty one and its NICs lead nowhere. */
const startHolder = async (
  place: Place,
  node: Node,
  state: QemuState,
  holders: QemuState,
  hold: string,
  dir: string,
  signal: AbortSignal,
): Promise<void> => {
  const own = layout(hold).node(node.name);
  const saved = savedFiles(dir, node.name);
  await mkdir(saved.dir, { mode: 0o700 });
  await mkdir(own.dir, { recursive: true, mode: 0o700 });
  await writeFile(saved.memory, '', { mode: 0o600 });
  await createDisk(node.name, own.disk, state.image.disk);
  await startMachine({ ...place, dir: hold }, node, holders, signal, {
    memory: { file: saved.memory, shared: true },
    spares: state.machines[node.name]?.spares ?? false,
    seed: layout(place.dir).node(node.name).seed,
    unplugged: true,
    incoming: true,
  });
};

/** Copies a paused machine: memory and devices to its holder, then the disk, which all is written to by then. */
const copyMachine = async (
  place: Place,
  node: Node,
  state: QemuState,
  holders: QemuState,
  dir: string,
  signal: AbortSignal,
): Promise<void> => {
  await using machine = await Qmp.connect(runLayout(state.runDir).qmp(node.name));
  await using holder = await Qmp.connect(runLayout(holders.runDir).qmp(node.name));
  await sendMachine(machine, holder, join(holders.runDir, `${node.name}.in`), node.name, signal);
  const { disk } = savedFiles(dir, node.name);
  await copyFile(layout(place.dir).node(node.name).disk, disk, constants.COPYFILE_FICLONE);
  await chmod(disk, 0o600);
};

const saveHolder = async (node: Node, holders: QemuState, file: string, signal: AbortSignal): Promise<void> => {
  await using holder = await Qmp.connect(runLayout(holders.runDir).qmp(node.name));
  await saveDevices(holder, file, signal);
  // Its memory file is whole when it has ended.
  await holder.execute('quit');
};

/** Does work while every machine stands still, and has all run on afterwards, with their clocks put right. */
const pausedWhile = async (place: Place, state: QemuState, work: () => Promise<void>): Promise<void> => {
  try {
    await allSettled(
      place.lab.nodes.map(async ({ name }) => {
        await using machine = await Qmp.connect(runLayout(state.runDir).qmp(name));
        await machine.execute('stop');
      }),
    );
    await work();
  } finally {
    await wakeMachines(place);
  }
};

/** Lets paused machines run on, and sets their clocks, which stood still. */
export const wakeMachines = async (place: Place): Promise<void> => {
  const { runDir } = await stateOf(place.dir);
  await allSettled(
    place.lab.nodes.map(async ({ name }) => {
      await using machine = await Qmp.connect(runLayout(runDir).qmp(name));
      await stopSending(machine);
      await machine.execute('cont');
    }),
  );
  await Promise.all(place.lab.nodes.map(({ name }) => setClock(runLayout(runDir).agent(name))));
};

/** Milliseconds that a guest is given to take the time of day: without it, it is only some seconds late. */
const CLOCK_BUDGET = 5_000;

const setClock = async (socket: string): Promise<void> => {
  try {
    const agent = await GuestAgent.connect(socket, CLOCK_BUDGET);
    await agent.tell([{ words: ['clock', String(Date.now() * 1000)] }], CLOCK_BUDGET).finally(() => agent.close());
  } catch {
    // A guest without its agent keeps the time that it has.
  }
};

/** Ends what runs of a save that was killed. */
export const abandonSave = (dir: string): Promise<void> => endAll(join(dir, 'hold'));

/** Takes the machines' power away and gives them the disks that were saved; what they were is gone. */
export const rewindMachines = async (place: Place, dir: string): Promise<void> => {
  const state = await stateOf(place.dir);
  await allSettled(
    place.lab.nodes.map(async ({ name }) => {
      await endMachine(state.runDir, name, 0);
      const { disk } = layout(place.dir).node(name);
      await copyFile(diskOf(dir, name), `${disk}.new`, constants.COPYFILE_FICLONE);
      await rename(`${disk}.new`, disk);
      delete state.machines[name]?.process;
    }),
  );
  await writeState(place.dir, { ...state, saved: dir });
};

/** The writable layer of a saved machine. */
export const diskOf = (dir: string, node: string): string => savedFiles(dir, node).disk;

/**
 * Starts a node as the saved machine that it was: its memory is mapped privately, so the state stays what it is. It
 * gets the identity that its seed holds, and random numbers of its own.
 * @throws CannotResume when it does not wake.
 */
export const startSaved = async (
  place: Place,
  node: Node,
  state: QemuState,
  dir: string,
  signal: AbortSignal,
): Promise<MachineRecord> => {
  const files = savedFiles(dir, node.name);
  const spares = (await machinesIn(dir))[node.name]?.spares ?? false;
  const record = await startMachine(place, node, state, signal, {
    memory: { file: files.memory, shared: false },
    spares,
    incoming: true,
  });
  try {
    await using qmp = await Qmp.connect(runLayout(state.runDir).qmp(node.name));
    await loadDevices(qmp, files.devices, node.name, signal);
    await qmp.execute('cont');
    await becomeNode(place, node, state.runDir, 'node', signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new CannotResume({ tried: `wake ${node.name} as it was saved`, happened: messageOf(error), cause: error });
  }
  return { ...record, origin: 'warm' };
};

const machinesIn = async (dir: string): Promise<Machines> => {
  const [tried, next] = ['wake saved machines', 'bring them up anew'];
  try {
    const found = await machinesFiles.read(join(dir, MACHINES), { tried, next });
    if (found) return found.machines;
  } catch (cause) {
    if (!(cause instanceof LabError)) throw cause;
    throw new CannotResume({ tried, happened: cause.happened, cause });
  }
  throw new CannotResume({ tried, happened: `${dir} holds none that are whole` });
};

import { readFile, rm, stat } from 'node:fs/promises';
import { AgentGuest } from '../../guest/agent-guest.ts';
import type { Guest } from '../../guest/guest.ts';
import { generateKeyPair } from '../../guest/keys.ts';
import { SshGuest } from '../../guest/ssh.ts';
import { sshCommand } from '../../guest/ssh-command.ts';
import { ensureGuestImage, type GuestImage, isCloudImage } from '../../images/guest-image.ts';
import { ensureImage, type Image } from '../../images/image.ts';
import type { Images } from '../../images/registry.ts';
import type { Node } from '../../lab/lab.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { identify, isAlive } from '../../support/process-identity.ts';
import { peekRecord } from '../../support/record-file.ts';
import { allSettled } from '../../support/settled.ts';
import type { CreateOptions, Notify, Place, Provider } from '../provider.ts';
import { type Accelerator, acceleratorNamed, chooseAccelerator } from './accelerator.ts';
import { captureLink } from './capture.ts';
import { startClone } from './clone.ts';
import { controls } from './controls.ts';
import { createCloudMachine, createDisk, createMachine } from './create-machine.ts';
import { endAll, endMachine, SHUTDOWN_GRACE, shutDown } from './ending.ts';
import { examineHost, QEMU_TOOLS } from './examine.ts';
import { canBeClone, ensureGolden, goldenFiles, pruneGolden } from './golden.ts';
import { hardwareOf } from './hardware.ts';
import { writeKnownHosts } from './known-hosts.ts';
import { layout, runLayout } from './layout.ts';
import { machineReady, startMachine } from './machine.ts';
import { machineState } from './machine-state.ts';
import { makeRunDir, orphanedRunDirs, runDirOf } from './run-dir.ts';
import {
  abandonSave,
  diskOf,
  rewindMachines,
  savedFileNames,
  saveMachines,
  startSaved,
  wakeMachines,
} from './saved.ts';
import { type MachineRecord, type QemuState, readState, stateOf, writeState } from './state.ts';
import { startSwitch } from './switch.ts';
import { holdPlaces } from './switch-places.ts';

/** Plain QEMU processes and user-space Ethernet switches: no root, no daemon. */
export const qemuProvider = (images: Images): Provider => ({
  name: 'qemu',
  tools: QEMU_TOOLS,

  validate({ image, accel }) {
    images.named(image);
    if (accel !== undefined) acceleratorNamed(accel);
  },

  examine: () => examineHost(images.all[0].name),
  family: (image) => images.named(image).family,
  leastMemory: (image) => (images.named(image).built ? 0 : images.named(image).boxMemory),

  async create(place, options, notify, signal) {
    const image = await ensureGuestImage(images.named(options.image), { notify: (line) => notify(line), signal });
    const accelerator = await acceleratorFor(image, options, signal);
    notify(`accelerator ${accelerator.kind}: ${accelerator.reason}`);
    const { saved } = options;
    const golden =
      options.cold || saved || isCloudImage(image)
        ? undefined
        : await goldenFor(place, image, accelerator, notify, signal);
    const clientKey = await generateKeyPair(`lab ${place.name}`);
    const made = await allSettled(
      place.lab.nodes.map(async (node) => {
        if (isCloudImage(image))
          return [node.name, await createCloudMachine(place, node, image, options, clientKey.public)] as const;
        const from = saved
          ? diskOf(saved, node.name)
          : golden && canBeClone(node)
            ? goldenFiles(golden).disk
            : undefined;
        return [node.name, await createMachine(place, node, image.disk, options, clientKey.public, from)] as const;
      }),
    );
    await writeFileAtomic(layout(place.dir).clientKey, clientKey.private, { mode: 0o600 });
    await writeState(place.dir, {
      image,
      accelerator,
      ...(golden && { golden }),
      ...(saved && { saved }),
      runDir: runDirOf(place.dir),
      machines: Object.fromEntries(made),
      switches: {},
    });
  },

  async start(place, notify, signal) {
    const state = await stateOf(place.dir);
    await imageIsThere(state.image, place.name);
    await makeRunDir(state.runDir, place.dir);
    state.switches = Object.fromEntries(
      await allSettled(
        place.lab.segments.map(async (segment) => {
          const known = state.switches[segment.name];
          if (known && (await isAlive(known))) return [segment.name, known] as const;
          const process = await identify(await startSwitch(place.lab, segment, state.runDir));
          if (!process)
            throw new LabError({ tried: `start the switch of segment ${segment.name}`, happened: 'it ended at once' });
          return [segment.name, process] as const;
        }),
      ),
    );
    await writeState(place.dir, state);
    {
      using _places = await holdPlaces(place.lab, state.runDir);
      await allSettled(
        place.lab.nodes.map(async (node) => {
          const record = await startNode(place, node, state, notify, signal);
          state.machines[node.name] = record;
          notify(record.origin === 'cold' ? 'booting' : 'resumed', node.name);
        }),
      );
    }
    // The disk of a resumed machine is its own from now on: the next start boots from it.
    const { golden: _, saved: __, ...rest } = state;
    await writeState(place.dir, rest);
    await writeKnownHosts(place, state.machines);
  },

  async ready(place, node, timeout, signal) {
    const state = await stateOf(place.dir);
    await machineReady(place, node, state, timeout, signal);
    return guestOf(place, node, state, timeout);
  },

  async stop(place, notify, grace = SHUTDOWN_GRACE) {
    const state = await readState(place.dir);
    if (!state) return;
    await Promise.all(
      place.lab.nodes.map((node) => shutDown(state.runDir, node.name, state.machines[node.name], notify, grace)),
    );
    await endAll(place.dir);
    for (const machine of Object.values(state.machines)) delete machine.process;
    await writeState(place.dir, { ...state, switches: {} });
  },

  async remove(place, notify) {
    await endAll(place.dir);
    await rm(place.dir, { recursive: true, force: true });
    notify('removed');
  },

  async states(place) {
    const state = await readState(place.dir);
    return Promise.all(
      place.lab.nodes.map((node) => machineState(node, state?.runDir ?? '', state?.machines[node.name])),
    );
  },

  async imageOf(dir) {
    // Also that of an instance which cannot be read: its disks are there all the same.
    const { image } = await peekRecord(layout(dir).state);
    const { id } = (image ?? {}) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  },

  async sshCommand(place, node) {
    const { process, sshPort } = (await stateOf(place.dir)).machines[node] ?? {};
    if (!process || !sshPort || !(await isAlive(process))) {
      throw new LabError({
        tried: `log in to ${node}`,
        happened: 'its machine is not running',
        next: `start it: lab start ${place.name}`,
      });
    }
    const files = layout(place.dir);
    return sshCommand({ host: '127.0.0.1', port: sshPort, key: files.clientKey, knownHosts: files.knownHosts });
  },

  console: (place, node) => layout(place.dir).node(node).console,
  capture: captureLink,
  controls,

  savedStates: {
    image: images.all[0].name,
    // What becomes another machine when it is resumed is told so by its agent, which cloud images have not.
    saves: (image) => images.named(image).built,
    async inputs({ lab }, options, notify, signal) {
      const image = await ensureImage(images.named(options.image), { notify: (line) => notify(line), signal });
      return hardwareOf(lab, image, await acceleratorFor(image, options, signal));
    },
    save: saveMachines,
    files: savedFileNames,
    abandon: abandonSave,
    wake: wakeMachines,
    rewind: rewindMachines,
  },

  async prune(notify) {
    for (const { runDir, owner } of await orphanedRunDirs()) {
      await endAll(owner, runDir);
      notify(`what still ran for ${owner}, which is gone`);
    }
    for (const dir of await pruneGolden()) notify(`${dir}, a half-made image`);
  },
});

const acceleratorFor = async (
  image: GuestImage,
  { accel }: CreateOptions,
  signal: AbortSignal,
): Promise<Accelerator> => (accel ? acceleratorNamed(accel) : chooseAccelerator(image, signal));

/** The golden machine, if any node can be its clone and it can be had: without it every machine boots. */
const goldenFor = async (
  place: Place,
  image: Image,
  accelerator: Accelerator,
  notify: Notify,
  signal: AbortSignal,
): Promise<string | undefined> => {
  if (!place.lab.nodes.some(canBeClone)) return undefined;
  try {
    return await ensureGolden(image, accelerator, notify, signal);
  } catch (error) {
    signal.throwIfAborted();
    notify(`no saved machine to start from, so every machine boots: ${messageOf(error)}`);
    return undefined;
  }
};

/** Resumes a clone where the node can be one, else boots it; also when the clone does not wake. */
const startNode = async (
  place: Place,
  node: Node,
  state: QemuState,
  notify: Notify,
  signal: AbortSignal,
): Promise<MachineRecord> => {
  const { golden, saved } = state;
  if (saved) return startSaved(place, node, state, saved, signal);
  if (!golden || !canBeClone(node)) return startMachine(place, node, state, signal);
  try {
    return await startClone(place, node, state, golden, signal);
  } catch (error) {
    signal.throwIfAborted();
    notify(`could not be resumed, so it boots: ${messageOf(error)}`, node.name);
    await endMachine(state.runDir, node.name);
    const files = layout(place.dir).node(node.name);
    await rm(files.disk);
    await createDisk(node.name, files.disk, state.image.disk);
    return startMachine(place, node, state, signal);
  }
};

/** A machine's disk refers to the image it was made from, so a stopped instance needs that very image. */
const imageIsThere = async (image: GuestImage, instance: string): Promise<void> => {
  const missing = (
    await Promise.all(
      (isCloudImage(image) ? [image.disk] : [image.kernel, image.initrd, image.root, image.disk]).map((file) =>
        stat(file).then(
          () => [],
          () => [file],
        ),
      ),
    )
  ).flat();
  if (missing.length === 0) return;
  throw new LabError({
    tried: `start ${instance}`,
    happened: `its image is gone: ${missing[0]}`,
    next: `remove the instance and bring it up anew: lab down ${instance}, lab up ${instance}`,
  });
};

const guestOf = async (place: Place, node: string, state: QemuState, timeout: number): Promise<Guest> => {
  const record = state.machines[node] as MachineRecord;
  const restarted = async (reboot: () => Promise<void>) => {
    // Only what the console says from here on is about the new boot.
    const consoleOffset = await stat(layout(place.dir).node(node).console).then(({ size }) => size);
    await reboot();
    const machines = { ...state.machines, [node]: { ...record, consoleOffset } };
    await machineReady(place, node, { ...state, machines }, timeout, AbortSignal.timeout(timeout));
  };
  const ssh = new SshGuest({
    name: node,
    host: '127.0.0.1',
    port: record.sshPort as number,
    username: 'root',
    privateKey: await readFile(layout(place.dir).clientKey, 'utf8'),
    hostKey: record.hostKey,
    restarted,
  });
  return isCloudImage(state.image) ? ssh : new AgentGuest(runLayout(state.runDir).agent(node), ssh, restarted);
};

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestAgent } from '../../guest/agent.ts';
import { generateKeyPair } from '../../guest/keys.ts';
import type { Image } from '../../images/image.ts';
import { leftovers, lockImages, removeLeftovers, TEMPORARY } from '../../images/leftovers.ts';
import type { Lab, Node } from '../../lab/lab.ts';
import { DEFAULT_MEMORY } from '../../lab/limits.ts';
import { type FileSums, measureFiles, rememberVerified, verifySums } from '../../support/checked-files.ts';
import { LabError } from '../../support/errors.ts';
import { LockHeld } from '../../support/lock.ts';
import { imagesDir } from '../../support/paths.ts';
import type { Notify, Place } from '../provider.ts';
import type { Accelerator } from './accelerator.ts';
import { GOLDEN_LINKS, machineArguments } from './command-line.ts';
import { createMachine } from './create-machine.ts';
import { endAll } from './ending.ts';
import { processorOf, qemuVersion } from './hardware.ts';
import { layout, runLayout } from './layout.ts';
import { machineReady, startMachine } from './machine.ts';
import { saveDevices } from './migration.ts';
import { Qmp } from './qmp.ts';
import { makeRunDir, runDirOf } from './run-dir.ts';
import type { QemuState } from './state.ts';

/** Raised when a golden machine saved by an older version of this code cannot be resumed by it. */
const FORMAT = 2;

/** Files of a golden machine: its memory, the state of its devices, its writable layer and its seed. */
const FILES = ['memory', 'devices', 'disk', 'seed'] as const;

/** Its time is that of the last use. */
const MANIFEST = 'golden.json';

/** What the name of a golden machine's directory begins with. */
const PREFIX = 'golden-';

/** Milliseconds after which one that nobody used is of no use: the host has another QEMU by then, or another accelerator. */
const UNUSED = 14 * 24 * 3_600_000;

/** Milliseconds that the golden machine may take to boot. */
const BOOT_BUDGET = 60_000;

const NODE: Node = {
  name: 'golden',
  index: 0,
  roles: [],
  links: [],
  routes: [],
  sysctl: {},
  iptables: [],
  staticNat: [],
  forwarding: false,
  memory: DEFAULT_MEMORY,
  cpus: 1,
};

/** The paths of a golden machine's files. */
export const goldenFiles = (dir: string): Record<(typeof FILES)[number], string> => ({
  memory: join(dir, 'memory'),
  devices: join(dir, 'devices'),
  disk: join(dir, 'disk'),
  seed: join(dir, 'seed'),
});

/** Whether a clone of the golden machine can be this node: a saved machine has the size that it was saved with. */
export const canBeClone = ({ memory, cpus, links }: Node): boolean =>
  memory === NODE.memory && cpus === NODE.cpus && links.length <= GOLDEN_LINKS;

/**
 * The golden machine of an image: booted once to readiness and saved, so that any node of any lab starts by resuming a
 * clone of it. Made when it is not there or not whole. Gives its directory.
 * @throws LabError when it does not boot or cannot be saved.
 */
export const ensureGolden = async (
  image: Image,
  accelerator: Accelerator,
  notify: Notify,
  signal: AbortSignal,
): Promise<string> => {
  const dir = join(image.dir, PREFIX + (await goldenKey(image, accelerator)));
  if (await isWhole(dir, signal)) {
    const now = new Date();
    // Of no consequence where the images are somebody else's: who made them sees to what is unused.
    await utimes(join(dir, MANIFEST), now, now).catch(() => undefined);
    return dir;
  }
  await using _ = await lockImages((holder) => notify(`${holder} works on the images; waiting for it`), signal);
  await endLeftovers();
  if (await isWhole(dir, signal)) return dir;
  await rm(dir, { recursive: true, force: true });
  notify('saving a booted machine, for others to start from');
  const temporary = await mkdtemp(join(imagesDir(), TEMPORARY));
  try {
    await saveGolden(temporary, image, accelerator, signal);
    await rename(join(temporary, 'golden'), dir);
  } finally {
    await endAll(temporary);
    await rm(temporary, { recursive: true, force: true });
  }
  await rememberVerified(dir, FILES);
  await removeUnused(image.dir);
  return dir;
};

/** Removes an image's golden machines that were not used of late. What was resumed from them does not need them any more. */
export const removeUnused = async (imageDir: string): Promise<void> => {
  const there = (await readdir(imageDir)).filter((name) => name.startsWith(PREFIX)).map((name) => join(imageDir, name));
  for (const dir of there) {
    const used = await stat(join(dir, MANIFEST)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (Date.now() - used > UNUSED) await rm(dir, { recursive: true });
  }
};

/** Ends and removes what killed makers of golden machines left; the caller holds the lock. Gives their directories. */
const endLeftovers = async (): Promise<string[]> => {
  const left = await leftovers();
  for (const dir of left) await endAll(dir);
  await removeLeftovers();
  return left;
};

/** Removes what killed makers of golden machines left, unless one is at work. Gives their directories. */
export const pruneGolden = async (): Promise<string[]> => {
  try {
    await using _ = await lockImages();
    return await endLeftovers();
  } catch (error) {
    if (error instanceof LockHeld) return [];
    throw error;
  }
};

/** A saved machine can be resumed only by the same QEMU, on the same processor, with the same devices. */
const goldenKey = async (image: Image, accelerator: Accelerator): Promise<string> => {
  const memory = { file: '', shared: true };
  const hardware = machineArguments({
    node: NODE,
    image,
    accelerator,
    dir: '',
    runDir: '',
    sshPort: 0,
    memory,
    spares: true,
  });
  // Where the image lies makes no other machine of it: the cache may be moved, or be seen by another name.
  const anywhere = hardware.map((argument) => argument.replaceAll(image.dir, 'image'));
  const parts = [FORMAT, await qemuVersion(), processorOf(accelerator), anywhere];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
};

const Manifest = z.object({ files: z.record(z.enum(FILES), z.object({ size: z.number(), sha256: z.string() })) });

const isWhole = async (dir: string, signal: AbortSignal): Promise<boolean> => {
  try {
    const { files } = Manifest.parse(JSON.parse(await readFile(join(dir, MANIFEST), 'utf8')));
    return (await verifySums(dir, files as FileSums, { signal })).ok;
  } catch {
    signal.throwIfAborted();
    return false;
  }
};

/** Boots the golden machine in `temporary` and leaves its files in the folder `golden` there. */
const saveGolden = async (
  temporary: string,
  image: Image,
  accelerator: Accelerator,
  signal: AbortSignal,
): Promise<void> => {
  const golden = join(temporary, 'golden');
  const lab: Lab = {
    name: 'golden',
    summary: '',
    segments: [],
    nodes: [NODE],
    clients: [],
    services: [],
    checks: [],
    sabotages: [],
  };
  const place: Place = { name: 'golden', dir: temporary, lab };
  const files = goldenFiles(golden);
  const own = layout(temporary).node(NODE.name);
  // Nobody ever logs in to it, so the key that could is not kept.
  const { public: key } = await generateKeyPair('golden');
  const record = await createMachine(place, NODE, image.disk, { image: image.name }, key);
  const state: QemuState = {
    image,
    accelerator,
    runDir: runDirOf(temporary),
    machines: { [NODE.name]: record },
    switches: {},
  };
  await makeRunDir(state.runDir, temporary);
  await mkdir(golden, { mode: 0o700 });
  state.machines[NODE.name] = await startMachine(place, NODE, state, signal, {
    memory: { file: files.memory, shared: true },
    spares: true,
  });
  await machineReady(place, NODE.name, state, BOOT_BUDGET, signal);
  await warmUp(runLayout(state.runDir).agent(NODE.name), signal);
  {
    await using qmp = await Qmp.connect(runLayout(state.runDir).qmp(NODE.name));
    await qmp.execute('stop');
    await saveDevices(qmp, files.devices, signal);
    await qmp.execute('quit');
  }
  await endAll(temporary);
  await rename(own.disk, files.disk);
  await rename(own.seed, files.seed);
  await writeFile(
    join(golden, MANIFEST),
    JSON.stringify({ files: await measureFiles(golden, FILES, signal) }, null, 2),
  );
};

/** Has the machine read into its memory what labs run, so that no clone has to: see the image's README.md. */
const warmUp = async (socket: string, signal: AbortSignal): Promise<void> => {
  const agent = await GuestAgent.connect(socket, BOOT_BUDGET, signal);
  try {
    const { exitCode, stderr } = await agent.exec('lab-warm-up', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(BOOT_BUDGET)]),
    });
    if (exitCode !== 0) throw new LabError({ tried: 'warm up the golden machine', happened: stderr.toString().trim() });
  } finally {
    agent.close();
  }
};

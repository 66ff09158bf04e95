import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { generateRsaKey } from '../../guest/keys.ts';
import { sshCommand } from '../../guest/ssh-command.ts';
import type { Images } from '../../images/registry.ts';
import { linkOf, nodeOf } from '../../lab/lab.ts';
import { renderFolder } from '../../provision/folder.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { endProcess, type ProcessIdentity } from '../../support/process-identity.ts';
import type { Provider } from '../provider.ts';
import type { Backend } from './backend.ts';
import { localBox } from './box.ts';
import { captureInside } from './capture.ts';
import { driverFor, driverNamed } from './driver.ts';
import { examineVagrant, requireUsable } from './examine.ts';
import { guestOf } from './guest.ts';
import { layout } from './layout.ts';
import { letIn } from './login.ts';
import { BOOT_TIMEOUT, renderOverlay } from './overlay.ts';
import { bootFinished } from './reboot.ts';
import { parseSshConfig } from './ssh-config.ts';
import { readState, stateOf, type VagrantState, writeState } from './state.ts';
import { vagrantIn } from './vagrant.ts';

/** Milliseconds that Vagrant waits for a machine to boot. */
const BOOT_BUDGET = 300_000;

/** Milliseconds a guest has to shut down by itself before it loses its power. */
const SHUTDOWN_GRACE = 60_000;

/** Milliseconds after which Vagrant is no longer waited for when machines are to be removed: what is left is swept. */
const DESTROY_BUDGET = 180_000;

/** Machines that Vagrant makes, on one of the hypervisors that it drives. */
export const vagrantProvider = (backend: Backend, images: Images): Provider => ({
  name: backend.name,
  tools: backend.tools,
  defaultImage: 'centos8',

  validate({ image, accel, sshPort }) {
    images.named(image);
    if (accel !== undefined) driverNamed(backend, accel);
    if (sshPort === undefined) return;
    throw new LabError({
      tried: `use --ssh-port with the provider ${backend.name}`,
      happened: 'Vagrant decides how its machines are reached',
      next: 'leave it out; `lab ssh --print` tells how a machine is reached',
      exitCode: ExitCode.usage,
    });
  },

  examine: async () => [...(await examineVagrant(backend)), ...(await backend.examine())],
  family: (image) => images.named(image).family,
  leastMemory: (image) => images.named(image).boxMemory,

  async create(place, options, notify, signal) {
    await requireUsable(backend, `bring up ${place.name}`);
    const image = images.named(options.image);
    const driver = await driverFor(backend, image, options, notify, signal);
    const state: VagrantState = {
      ...(driver !== undefined && { driver }),
      machines: Object.fromEntries(
        place.lab.nodes.map(({ name }) => [name, backend.machineName(place.name, name)] as const),
      ),
      networks: Object.fromEntries(
        place.lab.segments.map(({ name }) => [name, backend.networkName(place.name, name)] as const),
      ),
      reach: {},
    };
    // From here on `remove` knows by what names to look for what Vagrant makes.
    await writeState(place.dir, state);
    const box = backend.localBoxes && image.built ? await localBox(image, backend.name, notify, signal) : undefined;
    const files = layout(place.dir);
    for (const { name } of place.lab.nodes) await mkdir(files.node(name).dir, { recursive: true });
    await writeFileAtomic(files.clientKey, generateRsaKey(), { mode: 0o600 });
    await renderFolder(place.lab, { ...image, ...(box && { box: box.name }) }, files.folder, place.name);
    const overlay = renderOverlay(place.lab, backend, {
      dir: place.dir,
      instance: place.name,
      driver,
      boxVersion: box?.version,
    });
    await writeFileAtomic(files.overlay, overlay);
  },

  async start(place, notify, signal, bootBudget = BOOT_BUDGET) {
    const state = await stateOf(place.dir);
    const tried = `start the machines of ${place.name}`;
    // Provisioning is not Vagrant's business: it is done over the same sessions on every provider.
    const env = { [BOOT_TIMEOUT]: String(Math.ceil(bootBudget / 1000)) };
    await vagrantIn(place.dir, backend.name, ['up', '--no-provision'], { tried, notify, signal, env });
    const messages = await vagrantIn(place.dir, backend.name, ['ssh-config'], {
      tried: `learn how the machines of ${place.name} are reached`,
      signal,
    });
    const printed = messages.filter(({ type }) => type === 'ssh-config').map(({ data }) => data.join(','));
    const reach = parseSshConfig(printed.join('\n'));
    await writeState(place.dir, { ...state, reach });
  },

  async ready(place, node, timeout, signal) {
    const { guest } = await guestOf(place, node, timeout);
    // Vagrant has waited for machines that it started; one that was given its power back is still on its way.
    const isRunning = async (): Promise<boolean> => {
      const states = await backend.states(place, await stateOf(place.dir));
      return states.some((state) => state.node === node && state.status === 'running');
    };
    await letIn(guest, isRunning, timeout, signal);
    await bootFinished(guest, timeout);
    return guest;
  },

  async stop(place, notify, grace = SHUTDOWN_GRACE) {
    const state = await readState(place.dir);
    if (state) await backend.halt(place, state, notify, grace);
  },

  async remove(place, notify) {
    const state = await readState(place.dir).catch(() => undefined);
    await endRunning(place.dir);
    if (await hasMachines(place.dir)) {
      const tried = `remove the machines of ${place.name}`;
      // What Vagrant does not manage is swept, and what it cannot be swept from is told there.
      await vagrantIn(place.dir, backend.name, ['destroy', '--force'], {
        tried,
        notify,
        timeout: DESTROY_BUDGET,
      }).catch((error: unknown) => {
        if (!(error instanceof LabError)) throw error;
        notify(error.message.split('\n')[0] ?? '');
      });
    }
    if (state) await backend.sweep(place.dir, state);
    await rm(place.dir, { recursive: true, force: true });
    notify('removed');
  },

  async states(place) {
    const state = await readState(place.dir);
    if (state) return backend.states(place, state);
    return place.lab.nodes.map(({ name }) => ({ node: name, status: 'stopped' as const }));
  },

  imageOf: async () => undefined,

  async sshCommand(place, node) {
    const { reach, hostKey } = await guestOf(place, node, SHUTDOWN_GRACE);
    const files = layout(place.dir);
    const address = reach.port === 22 ? reach.host : `[${reach.host}]:${reach.port}`;
    const known = `${files.knownHosts}.${node}`;
    await writeFileAtomic(known, `${address} ${hostKey}\n`, { mode: 0o600 });
    return sshCommand({ ...reach, key: files.clientKey, knownHosts: known });
  },

  console: (place, node) => layout(place.dir).node(node).console,

  async capture(place, node, segment, guest) {
    if (guest) return captureInside(place, node, segment, guest);
    const own = await guestOf(place, node, SHUTDOWN_GRACE);
    return captureInside(place, node, segment, async () => own.guest);
  },

  async controls(place, node) {
    const known = nodeOf(place.lab, node);
    const machine = (await stateOf(place.dir)).machines[known.name] as string;
    return backend.controls(machine, (segment) => linkOf(known, segment)?.mac as string);
  },

  prune: (notify) => backend.prune(notify),
});

/** Whether Vagrant has a record of any machine of the instance. */
const hasMachines = async (dir: string): Promise<boolean> => {
  const files = await readdir(layout(dir).machines, { recursive: true }).catch(() => []);
  return files.some((path) => /(^|\/)(id|creator_uid|index_uuid|box_meta)$/.test(String(path)));
};

/** Ends a run of Vagrant that has outlived the `lab` that started it. */
const endRunning = async (dir: string): Promise<void> => {
  const text = await readFile(layout(dir).running, 'utf8').catch(() => '');
  if (text !== '') await endProcess(JSON.parse(text) as ProcessIdentity, { grace: 10_000 });
};

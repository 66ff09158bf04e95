import { appendFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Capture } from '../../capture/capture.ts';
import type { MachineState } from '../../guest/machine.ts';
import { FAMILIES, type Family } from '../../images/families.ts';
import { ExitCode, LabError, messageOf } from '../../support/errors.ts';
import { CannotResume, type Place, type Provider, type SavedStates } from '../provider.ts';
import { consoleOf, diskOf, imageFileOf, memoryOf, readMap, startedOf, takeSaved, writeMap } from './disks.ts';
import { simulatedGuest } from './guest.ts';
import type { SimulatedHost, SimulatedMachine } from './host.ts';

/** A pcap file of Ethernet that holds none. */
const NO_PACKETS = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');

/**
 * A provider without machines, for tests of what is done with machines. It keeps the contract: what `create` makes lies in
 * `place.dir`, machines run on without who started them, what was saved is resumed, and a command needs a machine that
 * runs. How long things take, what fails and what guests answer is for `host.behaviour` to say.
 */
export const simulatedProvider = (host: SimulatedHost): Provider => {
  const nodesOf = ({ lab }: Pick<Place, 'lab'>): string[] => lab.nodes.map(({ name }) => name);

  const startOne = async ({ name: instance, dir }: Place, node: string): Promise<void> => {
    if (host.machine(dir, node)) return;
    await writeFile(startedOf(dir, node), '');
    const disk = await readMap(diskOf(dir, node));
    const saved = await stat(memoryOf(dir, node)).catch(() => undefined);
    const memory = saved
      ? await readMap(memoryOf(dir, node)).catch((error: unknown) => {
          throw new CannotResume({ tried: `resume machine ${node}`, happened: messageOf(error) });
        })
      : new Map<string, string>();
    await rm(memoryOf(dir, node), { force: true });
    await appendFile(consoleOf(dir, node), saved ? 'resumed\n' : 'booted\n');
    host.power(dir, { instance, node, origin: saved ? 'warm' : 'cold', status: 'running', memory, disk });
  };

  const stopOne = async (dir: string, node: string): Promise<void> => {
    const machine = host.machine(dir, node);
    if (machine) await writeMap(diskOf(dir, node), machine.disk);
    host.cut(dir, node);
    await rm(startedOf(dir, node), { force: true });
  };

  const machineOf = ({ dir }: Place, node: string): SimulatedMachine => {
    const machine = host.machine(dir, node);
    if (machine) return machine;
    throw new LabError({ tried: `reach machine ${node}`, happened: 'it does not run', next: 'lab start' });
  };

  const provider: Provider & { savedStates: SavedStates } = {
    name: 'simulated',
    tools: [],
    defaultImage: 'simulated',
    validate({ image }) {
      if (image === 'simulated') return;
      const happened = `there is no image ${image}`;
      throw new LabError({ tried: 'choose an image', happened, exitCode: ExitCode.usage });
    },
    examine: async () => [{ what: 'nothing', ok: true, detail: 'it needs none' }],
    family: () => Object.keys(FAMILIES)[0] as Family,
    leastMemory: () => 0,
    async create(place, { image, saved }, notify, signal) {
      // Half of it is there whenever it is broken off.
      await mkdir(place.dir, { recursive: true });
      await writeFile(imageFileOf(place.dir), image);
      await host.act({ what: 'create', instance: place.name }, signal);
      for (const node of nodesOf(place)) {
        if (saved === undefined) await writeMap(diskOf(place.dir, node), new Map());
        else await takeSaved(saved, place.dir, node);
        notify(saved === undefined ? 'a new disk' : 'the disk that was saved', node);
      }
    },
    async start(place, _notify, signal) {
      for (const [index, node] of nodesOf(place).entries()) {
        // Half of them run whenever it is broken off.
        if (index === Math.floor(nodesOf(place).length / 2))
          await host.act({ what: 'start', instance: place.name }, signal);
        await startOne(place, node);
      }
    },
    async ready(place, node, _timeout, signal) {
      await host.act({ what: 'ready', instance: place.name, node }, signal);
      machineOf(place, node);
      return simulatedGuest(host, place.dir, node);
    },
    async stop(place) {
      await host.act({ what: 'stop', instance: place.name });
      for (const node of nodesOf(place)) await stopOne(place.dir, node);
    },
    async remove(place) {
      await host.act({ what: 'remove', instance: place.name });
      host.cut(place.dir);
      await rm(place.dir, { recursive: true, force: true });
    },
    states: (place) =>
      Promise.all(
        nodesOf(place).map(async (node): Promise<MachineState> => {
          const machine = host.machine(place.dir, node);
          if (machine) return { node, status: machine.status, origin: machine.origin };
          const started = await stat(startedOf(place.dir, node)).catch(() => undefined);
          return { node, status: started ? 'crashed' : 'stopped' };
        }),
      ),
    imageOf: (dir) => readFile(imageFileOf(dir), 'utf8').catch(() => undefined),
    sshCommand: async (place, node) => ['ssh', `${node}.${place.name}`],
    console: ({ dir }, node) => consoleOf(dir, node),
    async capture(place, node, segment): Promise<Capture> {
      machineOf(place, node);
      return { node, segment, stop: async () => (await host.behaviour.packets?.(node, segment)) ?? NO_PACKETS };
    },
    savedStates: {
      image: 'simulated',
      saves: () => host.behaviour.saves ?? true,
      inputs: async (_, { image }) => ({ image, hardware: host.behaviour.hardware ?? 'one' }),
      async save(place, dir, _notify, signal) {
        const machines = nodesOf(place).map((node) => machineOf(place, node));
        for (const machine of machines) machine.status = 'paused';
        try {
          await host.act({ what: 'save', instance: place.name }, signal);
          for (const { node, disk, memory } of machines) {
            await writeMap(diskOf(dir, node), disk);
            await writeMap(memoryOf(dir, node), memory);
          }
        } finally {
          await this.wake(place);
        }
      },
      files: (place) => nodesOf(place).flatMap((node) => [join(node, 'disk'), join(node, 'memory')]),
      async abandon() {},
      async wake(place) {
        for (const node of nodesOf(place)) machineOf(place, node).status = 'running';
      },
      async rewind(place, dir) {
        await host.act({ what: 'rewind', instance: place.name });
        host.cut(place.dir);
        for (const node of nodesOf(place)) await takeSaved(dir, place.dir, node);
      },
    },
    controls: async (place, node) => ({
      async cutPower() {
        await host.act({ what: 'cutPower', instance: place.name, node });
        await stopOne(place.dir, node);
      },
      start: () => startOne(place, node),
      async pause() {
        machineOf(place, node).status = 'paused';
      },
      async resume() {
        machineOf(place, node).status = 'running';
      },
      plug: () => host.act({ what: 'plug', instance: place.name, node }),
    }),
    async prune(notify) {
      for (const dir of host.orphans()) {
        host.cut(dir);
        notify(`machines of ${dir}, whose instance is gone`);
      }
    },
  };
  return provider;
};

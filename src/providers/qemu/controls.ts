import type { MachineControls } from '../../guest/machine.ts';
import { nodeOf } from '../../lab/lab.ts';
import { LabError } from '../../support/errors.ts';
import { isAlive } from '../../support/process-identity.ts';
import type { Place } from '../provider.ts';
import { linkBackend } from './command-line.ts';
import { endMachine } from './ending.ts';
import { writeKnownHosts } from './known-hosts.ts';
import { runLayout } from './layout.ts';
import { runState, startMachine } from './machine.ts';
import { Qmp } from './qmp.ts';
import { stateOf, writeState } from './state.ts';

/** A machine's power, its pause button and its cables, by QEMU's monitor. */
export const controls = async (place: Place, node: string, signal: AbortSignal): Promise<MachineControls> => ({
  async cutPower() {
    const state = await stateOf(place.dir);
    // At once, as a power cut is: QEMU may not put the guest's unwritten pages on the disk.
    await endMachine(state.runDir, node, 0);
    // It is off because that was wanted, and so has not crashed.
    delete state.machines[node]?.process;
    await writeState(place.dir, state);
  },

  async start() {
    const state = await stateOf(place.dir);
    if (await isOn(place, node)) return;
    state.machines[node] = await startMachine(place, nodeOf(place.lab, node), state, signal);
    await writeState(place.dir, state);
    await writeKnownHosts(place, state.machines);
  },

  pause: () => command(place, node, 'stop'),
  async resume() {
    if ((await runState((await stateOf(place.dir)).runDir, node)) === 'paused') await command(place, node, 'cont');
  },

  async plug(segment, isIn) {
    // A machine without power begins with all its cables in.
    if (isIn && !(await isOn(place, node))) return;
    const { links } = nodeOf(place.lab, node);
    const name = linkBackend(links.findIndex((link) => link.segment === segment));
    await command(place, node, 'set_link', { name, up: isIn });
  },
});

const isOn = async (place: Place, node: string): Promise<boolean> => {
  const known = (await stateOf(place.dir)).machines[node]?.process;
  return known !== undefined && (await isAlive(known));
};

const command = async (place: Place, node: string, name: string, words?: Record<string, unknown>): Promise<void> => {
  if (!(await isOn(place, node)))
    throw new LabError({
      tried: `reach the machine of ${node}`,
      happened: 'it is not running',
      next: `see how it fares: lab status ${place.name}`,
    });
  await using qmp = await Qmp.connect(runLayout((await stateOf(place.dir)).runDir).qmp(node));
  await qmp.execute(name, words);
};

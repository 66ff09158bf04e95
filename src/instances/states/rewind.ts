import type { Providers } from '../../providers/registry.ts';
import { LabError } from '../../support/errors.ts';
import type { Show } from '../../support/step.ts';
import { writeFaultRecords } from '../disturbing/fault-records.ts';
import { exclusively } from '../exclusive.ts';
import { type Instance, placeOf } from '../instance.ts';
import { takeTurn } from '../life/take-turn.ts';
import { completeInstance, enterPhase, instanceNamed } from '../store.ts';
import { told } from '../told.ts';
import { readManifest, removeSaved, verifySaved } from './saved.ts';
import { savedStatesOf } from './saver.ts';

/**
 * Puts an instance back to the moment at which it had just come up and been verified: memory, disks, connections. What
 * was done on it since is gone.
 * @throws LabError when that moment was not saved, or its saved state is gone or damaged; the instance is as it was.
 */
export const reset = async (providers: Providers, name: string, show: Show, signal: AbortSignal): Promise<void> => {
  await instanceNamed(name);
  await exclusively(name, `reset ${name}`, async () => {
    const instance = await completeInstance(name);
    const { state } = instance;
    const manifest = state === undefined ? undefined : await readManifest(state);
    const anew = `bring it up anew: lab down ${name}, lab up ${instance.lab}`;
    if (state === undefined || !manifest) {
      const happened = state === undefined ? 'it was not saved when it came up' : `its saved state is gone: ${state}`;
      throw new LabError({ tried: `reset ${name}`, happened, next: anew });
    }
    const verdict = await verifySaved(state, manifest);
    if (!verdict.ok) {
      await removeSaved(state);
      throw new LabError({
        tried: `reset ${name}`,
        happened: `its saved state was damaged (${verdict.reason}), so it is dropped`,
        next: anew,
      });
    }
    await rewindTo(providers, instance, state, `Reset ${name}`, show, signal);
  });
};

/** Has an instance's machines begin again as they were saved in `dir`. The caller holds the instance's lock. */
export const rewindTo = async (
  providers: Providers,
  instance: Instance,
  dir: string,
  title: string,
  show: Show,
  signal: AbortSignal,
): Promise<void> => {
  const { provider, savedStates } = savedStatesOf(providers, instance);
  const place = placeOf(instance);
  const { name, definition } = instance;
  const running = (await provider.states(place)).every(({ status }) => status === 'running');
  const work = { instance: name, what: `put ${name} back`, doing: `putting ${name} back`, nodes: definition.nodes };
  await using _turn = await takeTurn(providers, { ...work, running }, show, signal);
  // Between what it was and what it is to be is no state to be left in.
  await show.step(
    title,
    async ({ say }, stepSignal) => {
      try {
        await savedStates.rewind(place, dir);
        await provider.start(place, told(say), stepSignal);
      } catch (error) {
        await provider.stop(place, () => {}, 0);
        await enterPhase(instance, 'stopped');
        throw error;
      }
    },
    { interruptible: false },
  );
  // What was wrong with the machines is gone with what they were.
  await writeFaultRecords(name, []);
  await enterPhase(instance, 'up');
};

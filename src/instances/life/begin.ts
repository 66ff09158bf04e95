import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CannotResume, type CreateOptions } from '../../providers/provider.ts';
import type { Providers } from '../../providers/registry.ts';
import { renderScripts } from '../../provision/scripts.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { type Show, type Step, together } from '../../support/step.ts';
import { version } from '../../support/version.ts';
import { instanceLayout } from '../instance.ts';
import type { RunningLab } from '../running.ts';
import { findState, labInputs, saveState, stateDirectory, statesLimit } from '../states/lab-states.ts';
import { type Inputs, removeSaved } from '../states/saved.ts';
import { enterPhase, rememberState } from '../store.ts';
import { told } from '../told.ts';
import { provision } from './provision.ts';
import { restSteps } from './rest.ts';
import type { UpRequest } from './up-request.ts';

/** How a lab began its life. */
export interface Begun {
  /** Directory of the saved state that its machines were resumed from; missing when they were provisioned. */
  readonly saved?: string;
  /** What a state saved of it would be made from; missing where the provider saves none. */
  readonly inputs?: Inputs;
}

export const createOptions = ({ image, accel, sshPort, cold }: UpRequest): CreateOptions => ({
  image,
  ...(accel !== undefined && { accel }),
  ...(sshPort !== undefined && { sshPort }),
  ...(cold !== undefined && { cold }),
});

/**
 * Takes a new instance from nothing to machines that do what the lab asks for: resumed as they were saved, or started
 * and provisioned where no saved state fits, or it does not wake.
 */
export const begin = async (running: RunningLab, request: UpRequest, show: Show): Promise<Begun> => {
  const { instance, provider, place } = running;
  const { lab } = request;
  const scripts = renderScripts(lab, provider.family(request.image));
  const count = lab.nodes.length === 1 ? '1 machine' : `${lab.nodes.length} machines`;
  const { saved, ...made } = await show.step(`Prepare ${count}`, async ({ say }, signal): Promise<Begun> => {
    await writeScripts(instance.name, scripts);
    await mkdir(place.dir, { recursive: true });
    const options = createOptions(request);
    const found = await savedFor(running, request, scripts, say, signal);
    await provider.create(place, { ...options, ...(found.saved && { saved: found.saved }) }, told(say), signal);
    return found;
  });
  if (saved !== undefined && (await resumed(running, saved, show))) {
    // Machines that woke one after the other may have missed each other.
    await show.steps(restSteps(running));
    await rememberState(await enterPhase(instance, 'up'), saved);
    return { saved, ...made };
  }
  await show.steps<unknown>([
    ...(saved === undefined ? [] : [anewStep(running, request)]),
    startStep(running, request),
    provisionStep(running, request, scripts),
    ...restSteps(running),
  ]);
  await enterPhase(instance, 'up');
  return made;
};

/** What a state of this lab would be made from, and one that was saved and fits, unless every machine is to boot. */
const savedFor = async (
  { provider, place }: RunningLab,
  request: UpRequest,
  scripts: Map<string, string>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Begun> => {
  const { lab, image, cold } = request;
  if (!provider.savedStates?.saves(image)) return {};
  const hardware = await provider.savedStates.inputs(place, createOptions(request), told(say), signal);
  const inputs = { ...labInputs(lab, scripts, version()), ...hardware };
  if (cold) return { inputs };
  const { dir, why } = await findState(lab.name, inputs, signal);
  if (why) say(`${why}; starting anew`);
  return { inputs, ...(dir !== undefined && { saved: dir }) };
};

/** Resumes the machines of a saved state. When they do not wake it is of no use to anybody, so it is dropped. */
const resumed = (running: RunningLab, saved: string, show: Show): Promise<boolean> =>
  show.step(
    'Resume machines',
    async ({ say }, signal) => {
      try {
        await running.provider.start(running.place, told(say), signal);
        return true;
      } catch (error) {
        if (!(error instanceof CannotResume)) throw error;
        await removeSaved(saved);
        say(`${messageOf(error)}; the saved state is dropped, and the lab starts anew`);
        return false;
      }
    },
    { remark: (awake) => (awake ? undefined : 'starting anew') },
  );

/** Makes the machines again, from nothing, where they did not wake. */
const anewStep = ({ provider, place }: RunningLab, request: UpRequest): Step => ({
  title: 'Prepare anew',
  run: async ({ say }, signal) => {
    await provider.remove(place, () => {});
    await mkdir(place.dir, { recursive: true });
    await provider.create(place, createOptions(request), told(say), signal);
  },
});

const startStep = ({ provider, place }: RunningLab, { bootBudget }: UpRequest): Step => ({
  title: 'Start machines',
  run: ({ say }, signal) => provider.start(place, told(say), signal, bootBudget),
});

/** Each machine is provisioned as soon as it is up. */
const provisionStep = (running: RunningLab, { lab }: UpRequest, scripts: Map<string, string>): Step =>
  together(
    'Boot and provision',
    lab.nodes.map((node) => ({
      title: node.name,
      run: async ({ say }, signal) => {
        const guest = await running.guest(node.name);
        say('booted, provisioning');
        await provision(running.instance.name, guest, scripts.get(node.name) ?? '', signal);
      },
      remark: () => node.roles.join(', ') || 'no role',
    })),
  );

const writeScripts = async (instance: string, scripts: Map<string, string>): Promise<void> => {
  for (const [node, script] of scripts) {
    const path = instanceLayout(instance).script(node);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, script, { mode: 0o755 });
  }
};

/**
 * Saves a lab that has just been proven, for `lab reset` and for the next `lab up`. That it cannot be saved is told, and
 * no failure: the lab is up.
 */
export const keepState = async (providers: Providers, running: RunningLab, begun: Begun, show: Show): Promise<void> => {
  const { instance, provider } = running;
  const { savedStates } = provider;
  const { inputs } = begun;
  if (begun.saved || !savedStates || !inputs || statesLimit() === 0) return;
  // Machines are saved with nobody at their agents.
  await running[Symbol.asyncDispose]();
  await show.step(
    'Save for the next time',
    async ({ say }, signal) => {
      try {
        await saveState(providers, running, savedStates, inputs, say, signal);
        await rememberState(await enterPhase(instance, 'up'), stateDirectory(instance.lab, inputs));
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof LabError)) throw error;
        return messageOf(error);
      }
    },
    { remark: (trouble) => trouble && `not saved: ${trouble}` },
  );
};

import { isDeepStrictEqual } from 'node:util';
import type { CheckSpec } from '../../lab/lab.ts';
import type { Providers } from '../../providers/registry.ts';
import type { Report } from '../../report/report.ts';
import { ExitCode, Interrupted, LabError } from '../../support/errors.ts';
import type { Show } from '../../support/step.ts';
import { saveBundle } from '../bundle.ts';
import { exclusively } from '../exclusive.ts';
import { type Instance, validInstanceName } from '../instance.ts';
import { BOOT_BUDGET, RunningLab } from '../running.ts';
import { removeSaved } from '../states/saved.ts';
import { createInstance, readInstance } from '../store.ts';
import { type Begun, begin, createOptions, keepState } from './begin.ts';
import { removeInstance, takeEverythingDown } from './down.ts';
import { withMemory } from './memory.ts';
import { startMachines } from './start.ts';
import { takeTurn } from './take-turn.ts';
import type { UpRequest, Verify } from './up-request.ts';

export interface UpResult {
  instance: string;
  /** Whether the machines were up before. */
  wasUp: boolean;
  /** What the checks found; missing when none were run. */
  report?: Report;
  /** Directory of what explains failed checks. */
  bundle?: string;
  /** Whether the machines run now. */
  running: boolean;
  /** Whether the machines came from a saved state that was dropped, because a check failed on them. */
  dropped?: boolean;
}

/**
 * Brings a lab up: makes, starts and provisions its machines, and verifies it. One that is up already is only verified,
 * one that is stopped is started. When anything fails, or the signal comes, nothing is left running (unless `keep`)
 * but a bundle that explains it; an instance that was there before is never removed.
 * @throws LabError when the lab cannot be brought up. A failed check is no error but part of the result.
 */
export const up = async (
  providers: Providers,
  request: UpRequest,
  verify: Verify,
  show: Show,
  signal: AbortSignal,
): Promise<UpResult> => {
  const name = validInstanceName(request.name ?? request.lab.name);
  return exclusively(
    name,
    `bring up ${name}`,
    async () => {
      const existing = await readInstance(name);
      if (existing && (existing.phase === 'up' || existing.phase === 'stopped'))
        return again(providers, existing, request, verify, show, signal);
      if (existing)
        await show.step('Remove what an interrupted run left', ({ say }) => removeInstance(providers, name, say));
      return anew(providers, name, request, verify, show, signal);
    },
    'give this one another name with --name',
  );
};

/** Whether there is something to verify, and the user wants it. */
const verifies = (request: UpRequest): boolean => request.test && checksOf(request).length > 0;

/** Whether all that the lab promises was seen. */
const isVerified = (request: UpRequest): boolean =>
  checksOf(request).length === request.lab.checks.length && (request.test || request.lab.checks.length === 0);

const checksOf = ({ checks, lab }: UpRequest): readonly CheckSpec[] => checks ?? lab.checks;

/** Verifies an instance that is there, started first where it is stopped. */
const again = async (
  providers: Providers,
  instance: Instance,
  request: UpRequest,
  verify: Verify,
  show: Show,
  signal: AbortSignal,
): Promise<UpResult> => {
  if (!isDeepStrictEqual(instance.definition, JSON.parse(JSON.stringify(request.lab)))) {
    throw new LabError({
      tried: `bring up ${instance.name}`,
      happened: `an instance of that name is there, made from another lab file or another version of it`,
      next: `take it down first: lab down ${instance.name} — or give this one another name: lab up ${request.lab.name} --name NAME`,
      exitCode: ExitCode.usage,
    });
  }
  await startMachines(providers, instance, show, signal, request.bootBudget);
  const result = { instance: instance.name, wasUp: instance.phase === 'up', running: true };
  if (!verifies(request)) return result;
  await using running = new RunningLab(providers, instance, signal, request.bootBudget);
  const verified = await verify(running, checksOf(request), show, signal);
  return { ...result, ...verified };
};

const anew = async (
  providers: Providers,
  name: string,
  request: UpRequest,
  verify: Verify,
  show: Show,
  signal: AbortSignal,
): Promise<UpResult> => {
  const { lab, image } = request;
  const provider = providers.named(request.provider);
  provider.validate(createOptions(request));
  const work = {
    instance: name,
    what: `bring up ${name}`,
    doing: `bringing up ${name}`,
    nodes: withMemory(providers, lab.nodes, request),
  };
  await using _turn = await takeTurn(providers, work, show, signal);
  const instance: Instance = {
    name,
    lab: lab.name,
    provider: provider.name,
    image,
    created: new Date().toISOString(),
    phase: 'creating',
    definition: lab,
    ...(request.owner && { owner: request.owner }),
  };
  await createInstance(instance);
  await using running = new RunningLab(providers, instance, signal, request.bootBudget ?? BOOT_BUDGET);
  const { begun, result } = await broughtUp(providers, running, request, verify, show, signal);
  // From here on the lab is up, whatever becomes of its saved state.
  if (request.save && result.running && !result.bundle && isVerified(request))
    await keepState(providers, running, begun, show);
  return result;
};

/** Begins a lab and proves it; when that fails, nothing is left of it but a bundle. */
const broughtUp = async (
  providers: Providers,
  running: RunningLab,
  request: UpRequest,
  verify: Verify,
  show: Show,
  signal: AbortSignal,
): Promise<{ begun: Begun; result: UpResult }> => {
  try {
    const begun = await begin(running, request, show);
    return { begun, result: await proven(providers, running, request, begun, verify, show, signal) };
  } catch (error) {
    throw await cleanedUp(providers, running, error, request.keep, show);
  }
};

/** Runs the checks on machines that have just come up; takes them down again where one fails. */
const proven = async (
  providers: Providers,
  running: RunningLab,
  request: UpRequest,
  begun: Begun,
  verify: Verify,
  show: Show,
  signal: AbortSignal,
): Promise<UpResult> => {
  const { name } = running.instance;
  if (!verifies(request)) return { instance: name, wasUp: false, running: true };
  const verified = await verify(running, checksOf(request), show, signal);
  const result = { instance: name, wasUp: false, ...verified };
  if (!verified.bundle) return { ...result, running: true };
  if (begun.saved) await removeSaved(begun.saved);
  const dropped = begun.saved !== undefined;
  if (request.keep) return { ...result, dropped, running: true };
  await running[Symbol.asyncDispose]();
  await takeEverythingDown(providers, name, show);
  return { ...result, dropped, running: false };
};

/** Saves the bundle, removes the instance unless it is to be kept, and gives the error with where to look. */
const cleanedUp = async (
  providers: Providers,
  { instance, provider }: RunningLab,
  error: unknown,
  keep: boolean,
  show: Show,
): Promise<unknown> => {
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const bundle = await saveBundle(provider, instance, { 'error.txt': `${story}\n` }).catch(() => undefined);
  if (!keep) await takeEverythingDown(providers, instance.name, show);
  const look = bundle ? `consoles and logs are in ${bundle}` : 'no bundle could be saved';
  if (error instanceof Interrupted) return new Interrupted(error.signal, look);
  if (!(error instanceof LabError)) return error;
  return new LabError({
    tried: error.tried,
    happened: error.happened,
    next: [error.next?.replace(/\.$/, ''), look].filter(Boolean).join('; '),
    exitCode: error.exitCode,
    cause: error,
  });
};

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { requireMemory } from '../host/capacity.ts';
import type { Lab } from '../lab/lab.ts';
import type { CreateOptions } from '../providers/provider.ts';
import { providerNamed } from '../providers/providers.ts';
import { renderScripts } from '../provision/scripts.ts';
import type { Report } from '../report/report.ts';
import { ExitCode, Interrupted, LabError } from '../support/errors.ts';
import type { Show } from '../support/step.ts';
import { saveBundle } from './bundle.ts';
import { removeInstance } from './down.ts';
import { exclusively } from './exclusive.ts';
import { type Instance, instanceLayout, validInstanceName } from './instance.ts';
import { provision } from './provision.ts';
import { BOOT_BUDGET, RunningLab } from './running.ts';
import { startMachines } from './start.ts';
import { createInstance, enterPhase, readInstance } from './store.ts';
import { told } from './told.ts';
import { verify } from './verify.ts';

export interface UpRequest {
  lab: Lab;
  /** Name of the instance; the lab's own if not given. */
  name?: string;
  provider: string;
  image: string;
  accel?: string;
  sshPort?: number;
  /** Boot every machine, though a saved one could be resumed. */
  cold?: boolean;
  /** Leaves the machines up whatever fails. */
  keep: boolean;
  /** Whether the lab's checks are run, if it has any. */
  test: boolean;
  /** Milliseconds each machine may take to boot. */
  bootBudget?: number;
}

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
}

/**
 * Brings a lab up: makes, starts and provisions its machines, and verifies it. One that is up already is only verified,
 * one that is stopped is started. When anything fails, or the signal comes, nothing is left running (unless `keep`)
 * but a bundle that explains it; an instance that was there before is never removed.
 * @throws LabError when the lab cannot be brought up. A failed check is no error but part of the result.
 */
export const up = async (request: UpRequest, show: Show, signal: AbortSignal): Promise<UpResult> => {
  const name = validInstanceName(request.name ?? request.lab.name);
  return exclusively(
    name,
    `bring up ${name}`,
    async () => {
      const existing = await readInstance(name);
      if (existing && (existing.phase === 'up' || existing.phase === 'stopped'))
        return again(existing, request, show, signal);
      if (existing) {
        await show([
          {
            title: 'Remove what an interrupted run left',
            run: async ({ say }) => {
              await removeInstance(name, say);
              return undefined;
            },
          },
        ]);
      }
      return anew(name, request, show, signal);
    },
    'give this one another name with --name',
  );
};

/** Whether there is something to verify, and the user wants it. */
const verifies = ({ test, lab }: UpRequest): boolean => test && lab.checks.length > 0;

/** Verifies an instance that is there, started first where it is stopped. */
const again = async (instance: Instance, request: UpRequest, show: Show, signal: AbortSignal): Promise<UpResult> => {
  if (!isDeepStrictEqual(instance.definition, JSON.parse(JSON.stringify(request.lab)))) {
    throw new LabError({
      tried: `bring up ${instance.name}`,
      happened: `an instance of that name is there, made from another lab file or another version of it`,
      next: `take it down first: lab down ${instance.name} — or give this one another name: lab up ${request.lab.name} --name NAME`,
      exitCode: ExitCode.usage,
    });
  }
  await startMachines(instance, show, signal, request.bootBudget);
  const result = { instance: instance.name, wasUp: instance.phase === 'up', running: true };
  if (!verifies(request)) return result;
  await using running = new RunningLab(instance, signal, request.bootBudget);
  return { ...result, ...(await verify(running, instance.definition.checks, show, signal)) };
};

const anew = async (name: string, request: UpRequest, show: Show, signal: AbortSignal): Promise<UpResult> => {
  const { lab, image, keep } = request;
  const provider = providerNamed(request.provider);
  provider.validate(createOptions(request));
  requireMemory(`bring up ${name}`, lab.nodes.reduce((sum, node) => sum + node.memory, 0) * 1024 ** 2);
  const instance: Instance = {
    name,
    lab: lab.name,
    provider: provider.name,
    image,
    created: new Date().toISOString(),
    phase: 'creating',
    definition: lab,
  };
  await createInstance(instance);
  try {
    await using running = new RunningLab(instance, signal, request.bootBudget ?? BOOT_BUDGET);
    await show(bringUpSteps(running, request));
    await enterPhase(instance, 'up');
    if (!verifies(request)) return { instance: name, wasUp: false, running: true };
    const verified = await verify(running, lab.checks, show, signal);
    const result = { instance: name, wasUp: false, ...verified };
    if (keep || !verified.bundle) return { ...result, running: true };
    await running[Symbol.asyncDispose]();
    await show([removalStep(name)], { interruptible: false });
    return { ...result, running: false };
  } catch (error) {
    throw await cleanedUp(instance, error, keep, show);
  }
};

/** The steps from nothing to a provisioned lab. Each machine is provisioned as soon as it is up. */
const bringUpSteps = (running: RunningLab, request: UpRequest): Parameters<Show>[0] => {
  const { instance, provider, place } = running;
  const { lab } = request;
  const scripts = renderScripts(lab, provider.family(request.image));
  return [
    {
      title: `Prepare ${lab.nodes.length === 1 ? '1 machine' : `${lab.nodes.length} machines`}`,
      run: async ({ say }, signal) => {
        await writeScripts(instance.name, scripts);
        await mkdir(place.dir, { recursive: true });
        await provider.create(place, createOptions(request), told(say), signal);
        return undefined;
      },
    },
    {
      title: 'Start machines',
      run: async ({ say }, signal) => {
        await provider.start(place, told(say), signal);
        return undefined;
      },
    },
    {
      title: 'Boot and provision',
      parts: lab.nodes.map((node) => ({
        title: node.name,
        run: async ({ say }, signal) => {
          const guest = await running.guest(node.name);
          say('booted, provisioning');
          await provision(instance.name, guest, scripts.get(node.name) ?? '', signal);
          return node.roles.join(', ') || 'no role';
        },
      })),
    },
  ];
};

const createOptions = ({ image, accel, sshPort, cold }: UpRequest): CreateOptions => ({
  image,
  ...(accel !== undefined && { accel }),
  ...(sshPort !== undefined && { sshPort }),
  ...(cold !== undefined && { cold }),
});

const writeScripts = async (instance: string, scripts: Map<string, string>): Promise<void> => {
  for (const [node, script] of scripts) {
    const path = instanceLayout(instance).script(node);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, script, { mode: 0o755 });
  }
};

const removalStep = (name: string): Parameters<Show>[0][number] => ({
  title: 'Take everything down',
  run: async ({ say }) => {
    await removeInstance(name, told(say));
    return undefined;
  },
});

/** Saves the bundle, removes the instance unless it is to be kept, and gives the error with where to look. */
const cleanedUp = async (instance: Instance, error: unknown, keep: boolean, show: Show): Promise<unknown> => {
  const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const bundle = await saveBundle(instance, { 'error.txt': `${story}\n` }).catch(() => undefined);
  if (!keep) await show([removalStep(instance.name)], { interruptible: false });
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

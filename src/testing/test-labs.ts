import { randomBytes } from 'node:crypto';
import { selectChecks } from '../checks/runner.ts';
import { exclusively } from '../instances/exclusive.ts';
import type { Instance } from '../instances/instance.ts';
import { takeEverythingDown } from '../instances/life/down.ts';
import { up } from '../instances/life/up.ts';
import type { UpRequest, Verified } from '../instances/life/up-request.ts';
import { disown, instanceNamed, instanceNames } from '../instances/store.ts';
import type { Lab } from '../lab/lab.ts';
import type { Result, Trouble } from '../report/report.ts';
import { LabError, messageOf } from '../support/errors.ts';
import { identify } from '../support/process-identity.ts';
import type { Show, Step } from '../support/step.ts';
import { isRed } from '../verdicts/verdict.ts';
import { proveInstance } from './prove.ts';
import type { Registries } from './registries.ts';
import { passedOf, testInstance, verifyBy } from './verify.ts';

/** An instance that is up, to be tested where it is. */
export interface InPlace {
  readonly title: string;
  readonly instance: Instance;
}

/** A lab, to be brought up for its test and taken down. */
export interface Anew {
  readonly title: string;
  readonly request: Pick<UpRequest, 'lab' | 'provider' | 'image' | 'accel' | 'cold' | 'save' | 'bootBudget'>;
}

export type Target = InPlace | Anew;

export const labOf = (target: Target): Lab => ('instance' in target ? target.instance.definition : target.request.lab);

export interface TestOptions {
  /** Names of the checks to make; those of each lab's file if not given. */
  readonly checks?: readonly string[] | undefined;
  /** Whether the checks are proven by the lab's sabotages. */
  readonly prove?: boolean;
  /** How many labs are tested at the same time. */
  readonly jobs: number;
  /** Leaves a lab up that is red. */
  readonly keep: boolean;
}

/**
 * Tests labs, several at a time, and gives the results in the order of the targets. What goes wrong with one is its
 * result, and the others are tested all the same.
 * @throws the signal's reason when that aborts; nothing that was brought up is left then.
 */
export const testLabs = async (
  registries: Registries,
  targets: readonly Target[],
  options: TestOptions,
  show: Show,
  signal: AbortSignal,
): Promise<Result[]> => {
  const [only] = targets;
  if (only && targets.length === 1) return [await resultOf(registries, only, options, show, signal)];
  const parts = targets.map(
    (target): Step<Result> => ({
      title: target.title,
      run: (progress, partSignal) => resultOf(registries, target, options, progress.show, partSignal),
      failed: ({ found }) => 'trouble' in found || found.report.verdicts.some(isRed),
      remark: ({ found }) => ('report' in found ? passedOf(found.report.verdicts) : undefined),
    }),
  );
  const title = `Test ${targets.length} labs, ${options.jobs} at a time`;
  return await show.parts(title, parts, { atOnce: options.jobs, independent: true });
};

const resultOf = async (
  registries: Registries,
  target: Target,
  options: TestOptions,
  show: Show,
  signal: AbortSignal,
): Promise<Result> => {
  const began = new Date();
  const { lab, ...ended } =
    'instance' in target
      ? { lab: target.instance.lab, ...(await inPlace(registries, target.instance, options, show, signal)) }
      : { lab: target.request.lab.name, ...(await anew(registries, target.request, options, show, signal)) };
  signal.throwIfAborted();
  const seconds = (Date.now() - began.getTime()) / 1000;
  return { title: target.title, lab, started: began.toISOString(), seconds, ...ended };
};

type Ended = Pick<Result, 'found' | 'bundle' | 'kept'>;

const inPlace = (
  registries: Registries,
  instance: Instance,
  { checks, prove }: TestOptions,
  show: Show,
  signal: AbortSignal,
): Promise<Ended> =>
  endOf(() =>
    prove
      ? proveInstance(registries, instance, show, signal)
      : testInstance(registries, instance, checks, show, signal),
  );

/**
 * Brings a lab up under a name of its own, verifies it, and takes it down, whatever happens. Its record names this process
 * as its owner, so that `prune` removes it should this process be killed.
 */
const anew = async (
  registries: Registries,
  target: Anew['request'],
  { checks, prove = false, keep }: TestOptions,
  show: Show,
  signal: AbortSignal,
): Promise<Ended> => {
  const { lab, provider } = target;
  const name = await freeName(lab.name);
  const owner = await identify(process.pid);
  const request = {
    ...target,
    name,
    keep,
    test: true,
    checks: selectChecks(registries.checks, lab, checks),
    ...(owner && { owner }),
  };
  const ended = await endOf(async () => {
    const { report, bundle } = await up(registries.providers, request, verifyBy(registries.checks), show, signal);
    // A lab that is red already proves nothing by being red.
    if (prove && report && !bundle)
      return proveInstance(registries, await instanceNamed(name), show, signal, { report });
    const nothing = { lab: lab.name, instance: name, provider, started: new Date().toISOString(), seconds: 0 };
    return { report: report ?? { ...nothing, verdicts: [], bursts: [] }, ...(bundle && { bundle }) };
  });
  if (!(await instanceNames()).includes(name)) return ended;
  const isRed = ended.bundle !== undefined || 'trouble' in ended.found;
  if (keep && isRed && !signal.aborted) {
    await disown(name);
    return { ...ended, kept: name };
  }
  try {
    await exclusively(name, `take down ${name}`, () => takeEverythingDown(registries.providers, name, show));
    return ended;
  } catch (error) {
    return { found: { trouble: troubleOf(error) } };
  }
};

/** A name that no instance has, and no user would give: of 32 characters at most. */
const freeName = async (lab: string): Promise<string> => {
  const names = await instanceNames();
  for (;;) {
    const name = `${lab.slice(0, 20).replace(/-+$/, '')}-test-${randomBytes(3).toString('hex')}`;
    if (!names.includes(name)) return name;
  }
};

/** What a test finds; that something goes wrong in it is found, too. */
const endOf = async (test: () => Promise<Verified>): Promise<Ended> => {
  try {
    const { report, bundle } = await test();
    return { found: { report }, ...(bundle && { bundle }) };
  } catch (error) {
    return { found: { trouble: troubleOf(error) } };
  }
};

/** A defect of this program comes with its stack, which is what mends it. */
const troubleOf = (error: unknown): Trouble => {
  if (error instanceof LabError)
    return error.next === undefined ? { message: error.message } : { message: error.message, next: error.next };
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  return { message: `this is a defect in lab itself: ${stack}`, next: 'please report it with the lines above' };
};

import type { Checks } from '../checks/registry.ts';
import { runChecks } from '../checks/runner.ts';
import { type Diagnosis, diagnosisOf } from '../diagnosis/diagnosis.ts';
import type { LabSnapshot } from '../diagnosis/snapshot.ts';
import { exclusively } from '../instances/exclusive.ts';
import type { Instance } from '../instances/instance.ts';
import { accessTo, RunningLab } from '../instances/running.ts';
import type { CheckSpec, Lab } from '../lab/lab.ts';
import type { Report } from '../report/report.ts';
import type { Show } from '../support/step.ts';
import type { Registries } from './registries.ts';
import { snapshotOf } from './snapshot.ts';

/** Seconds that failing requests may take: to know that some fail, a few are enough. */
const PATIENCE = 8;

/** Checks that judge the answers to requests, and neither packets nor tables. */
const CHEAP = ['reachable', 'rotation', 'share', 'sticky', 'spread'];

/** What of a report says what is wrong. */
export type Seen = Pick<Report, 'bursts' | 'verdicts'>;

/** Makes a few requests of an instance, whatever state it is in, and says what is wrong with it, and why. */
export const diagnoseInstance = (
  { providers, checks }: Registries,
  instance: Instance,
  show: Show,
  signal: AbortSignal,
): Promise<Diagnosis> =>
  exclusively(instance.name, `diagnose ${instance.name}`, async () => {
    await using running = new RunningLab(providers, instance, signal);
    const { diagnosis } = await show.step('Diagnose', ({ say }, stepSignal) =>
      requestAndJudge(checks, running, AbortSignal.any([signal, stepSignal]), say),
    );
    return diagnosis;
  });

export interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly snapshot: LabSnapshot;
  readonly seen: Seen;
}

/** Makes requests, asks the nodes, and judges. The caller holds the instance's lock. */
export const requestAndJudge = async (
  checks: Checks,
  running: RunningLab,
  signal: AbortSignal,
  say: (line: string) => void = () => undefined,
): Promise<Diagnosed> => {
  say('making some requests');
  const seen = await requestSome(checks, running, signal);
  say('asking the nodes');
  const snapshot = await snapshotOf(running, 'diagnosis', signal);
  return { diagnosis: judge(running, snapshot, seen), snapshot, seen };
};

/** What is wrong with a lab by what its nodes said and what the checks saw. */
export const judge = ({ instance, provider }: RunningLab, snapshot: LabSnapshot, seen: Seen): Diagnosis =>
  diagnosisOf(instance.definition, provider.family(instance.image), snapshot, seen);

const requestSome = async (checks: Checks, running: RunningLab, signal: AbortSignal): Promise<Seen> => {
  const lab = running.instance.definition;
  const states = await running.provider.states(running.place);
  const absent = states.filter(({ status }) => status !== 'running').map(({ node }) => node);
  // Nobody can be asked by a client that does not run, and the diagnosis knows that without it.
  if (lab.clients.length === 0 || lab.clients.some((client) => absent.includes(client)))
    return { bursts: [], verdicts: [] };
  return runChecks(checks, { ...accessTo(running, signal), patience: PATIENCE }, cheapChecks(lab));
};

const cheapChecks = (lab: Lab): CheckSpec[] => {
  const own = lab.checks.filter(({ name }) => CHEAP.includes(name));
  return own.some(({ name }) => name === 'reachable') ? own : [{ name: 'reachable', options: {} }, ...own];
};

import { type CheckEvent, type CheckRun, runChecks, selectChecks } from '../checks/runner.ts';
import type { CheckSpec } from '../lab/lab.ts';
import { json } from '../report/json.ts';
import type { Report } from '../report/report.ts';
import { LabError } from '../support/errors.ts';
import type { Show } from '../support/step.ts';
import { saveBundle } from './bundle.ts';
import { nodeStates } from './evidence.ts';
import { exclusively } from './exclusive.ts';
import { type Instance, placeOf } from './instance.ts';
import { RunningLab } from './running.ts';

/** What the checks found, and the directory of what explains it where one of them failed. */
export interface Verified {
  report: Report;
  bundle?: string;
}

/**
 * Runs checks on a running lab and reports what they found; where one is red, saves the state of every node beside it.
 * The caller holds the instance's lock.
 */
export const verify = async (
  running: RunningLab,
  specs: readonly CheckSpec[],
  show: Show,
  signal: AbortSignal,
): Promise<Verified> => {
  const { instance } = running;
  const started = new Date();
  let run: CheckRun = { verdicts: [], bursts: [] };
  await show([
    {
      title: 'Verify',
      run: async ({ say }, stepSignal) => {
        const access = {
          lab: instance.definition,
          guest: (node: string) => running.guest(node),
          capture: (node: string, segment: string) => running.capture(node, segment),
          signal: AbortSignal.any([signal, stepSignal]),
        };
        run = await runChecks(access, specs, (event) => say(describe(event)));
        const good = run.verdicts.filter(({ status }) => status === 'pass').length;
        return `${good} of ${run.verdicts.length} checks passed`;
      },
    },
  ]);
  const report: Report = {
    lab: instance.lab,
    instance: instance.name,
    provider: instance.provider,
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    ...run,
  };
  if (run.verdicts.every(({ status }) => status === 'pass' || status === 'skip')) return { report };
  const bundle = await saveBundle(instance, { 'report.json': json(report), ...(await nodeStates(running)) });
  return { report, bundle };
};

/** Runs the checks of an instance that is up: those its lab file asks for, or the named ones. */
export const testInstance = async (
  instance: Instance,
  names: readonly string[] | undefined,
  show: Show,
  signal: AbortSignal,
): Promise<Verified> => {
  const specs = selectChecks(instance.definition, names);
  return exclusively(instance.name, `test ${instance.name}`, async () => {
    const running = new RunningLab(instance, signal);
    await using _sessions = running;
    const down = (await running.provider.states(placeOf(instance))).filter(({ status }) => status !== 'running');
    if (down.length > 0) {
      throw new LabError({
        tried: `test ${instance.name}`,
        happened: `not all of its machines run: ${down.map(({ node, status }) => `${node} is ${status}`).join(', ')}`,
        next: `start them: lab start ${instance.name}`,
      });
    }
    return await verify(running, specs, show, signal);
  });
};

const describe = (event: CheckEvent): string => {
  switch (event.type) {
    case 'requests':
      return `${event.client} requests ${event.service} ${event.count} times`;
    case 'answers':
      return `${event.burst.client} was answered by ${event.burst.requests.map(({ answer }) => answer ?? '-').join(' ')}`;
    case 'verdict':
      return `${event.verdict.check}: ${event.verdict.status}`;
  }
};

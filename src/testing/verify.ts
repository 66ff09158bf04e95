import type { Checks } from '../checks/registry.ts';
import { type CheckEvent, runChecks, selectChecks } from '../checks/runner.ts';
import { describeDiagnosis } from '../diagnosis/describe.ts';
import type { LabSnapshot } from '../diagnosis/snapshot.ts';
import { saveBundle } from '../instances/bundle.ts';
import { exclusively } from '../instances/exclusive.ts';
import type { Instance } from '../instances/instance.ts';
import type { Verified, Verify } from '../instances/life/up-request.ts';
import { accessTo, RunningLab, requireRunning } from '../instances/running.ts';
import { json } from '../report/json.ts';
import type { Report } from '../report/report.ts';
import { messageOf } from '../support/errors.ts';
import type { Show } from '../support/step.ts';
import { type KeptCapture, keepCaptures } from '../traffic/kept-captures.ts';
import { isRed, type Verdict } from '../verdicts/verdict.ts';
import { judge } from './diagnose.ts';
import type { Registries } from './registries.ts';
import { diagnosisFiles, snapshotAnyhow, snapshotOf, stateFiles } from './snapshot.ts';

/**
 * Runs checks on a running lab and reports what they found; where one is red, saves the state of every node beside it.
 * The caller holds the instance's lock.
 */
export const verifyBy =
  (checks: Checks): Verify =>
  async (running, specs, show, signal) => {
    const { instance } = running;
    const started = new Date();
    const { access, kept, dropped } = keepCaptures(accessTo(running, signal));
    const run = await show.step(
      'Verify',
      ({ say }, stepSignal) => {
        const either = AbortSignal.any([signal, stepSignal]);
        return runChecks(checks, { ...access, signal: either }, specs, (event) => say(describe(event)));
      },
      { remark: ({ verdicts }) => passedOf(verdicts) },
    );
    const report: Report = {
      lab: instance.lab,
      instance: instance.name,
      provider: instance.provider,
      started: started.toISOString(),
      seconds: (Date.now() - started.getTime()) / 1000,
      ...run,
    };
    if (isGreen(report)) return { report };
    const found = await diagnosed(running, report, show, signal);
    return explained(running, found.report, { ...found.files, ...pcapFiles(kept, dropped()) }, found.snapshot);
  };

/** How many of the verdicts are good, in words. */
export const passedOf = (verdicts: readonly Verdict[]): string =>
  `${verdicts.filter(({ status }) => status === 'pass').length} of ${verdicts.length} checks passed`;

const isGreen = ({ verdicts }: Report): boolean => !verdicts.some(isRed);

/**
 * The report, with a bundle that explains it where a verdict is red: the state of every node, and `files` beside it.
 * @param asked what the nodes have just said, where they need not be asked again
 */
export const explained = async (
  running: RunningLab,
  report: Report,
  files: Record<string, string | Buffer> = {},
  asked?: LabSnapshot,
): Promise<Verified> => {
  if (isGreen(report)) return { report };
  const states = stateFiles(asked ?? (await snapshotAnyhow(running)));
  const bundle = await saveBundle(running.provider, running.instance, {
    'report.json': json(report),
    ...files,
    ...states,
  });
  return { report, bundle };
};

interface Explained {
  readonly report: Report;
  /** What the causes rest on, as files of a bundle. */
  readonly files: Record<string, string>;
  /** What the nodes said, if they could be asked. */
  readonly snapshot?: LabSnapshot;
}

/** The report with the likeliest causes of what is red in it. */
const diagnosed = (running: RunningLab, report: Report, show: Show, signal: AbortSignal): Promise<Explained> =>
  show.step('Diagnose', async (_, stepSignal) => {
    let found: Explained = { report, files: {} };
    const either = AbortSignal.any([signal, stepSignal]);
    try {
      const snapshot = await snapshotOf(running, 'whole', either);
      found = { report, files: diagnosisFiles(snapshot), snapshot };
      const diagnosis = judge(running, snapshot, report);
      const told = { 'diagnosis.txt': describeDiagnosis(report.instance, diagnosis) };
      found = { ...found, report: { ...report, diagnosis }, files: { ...told, ...found.files } };
    } catch (error) {
      either.throwIfAborted();
      // The verdicts stand, whether they can be explained or not.
      const told = { 'diagnosis.txt': `it could not be made: ${messageOf(error)}\n` };
      found = { ...found, files: { ...told, ...found.files } };
    }
    return found;
  });

/** `captures/NODE-SEGMENT.pcap`; with a number where a NIC was captured more than once. */
const pcapFiles = (kept: readonly KeptCapture[], dropped: number): Record<string, string | Buffer> => ({
  ...Object.fromEntries(
    kept.map(({ node, segment, number, pcap }) => [
      `captures/${node}-${segment}${number > 1 ? `-${number}` : ''}.pcap`,
      pcap,
    ]),
  ),
  ...(dropped > 0 && {
    'captures/README.txt': `${dropped} more captures were left out: the first ones took all the room.\n`,
  }),
});

/** Runs the checks of an instance that is up: those its lab file asks for, or the named ones. */
export const testInstance = async (
  { providers, checks }: Registries,
  instance: Instance,
  names: readonly string[] | undefined,
  show: Show,
  signal: AbortSignal,
): Promise<Verified> => {
  const specs = selectChecks(checks, instance.definition, names);
  return exclusively(instance.name, `test ${instance.name}`, async () => {
    const running = new RunningLab(providers, instance, signal);
    await using _sessions = running;
    await requireRunning(running);
    return await verifyBy(checks)(running, specs, show, signal);
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

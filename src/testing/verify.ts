import { type CheckEvent, type CheckRun, runChecks, selectChecks } from '../checks/runner.ts';
import { describeDiagnosis } from '../diagnosis/describe.ts';
import { saveBundle } from '../instances/bundle.ts';
import { exclusively } from '../instances/exclusive.ts';
import type { Instance } from '../instances/instance.ts';
import type { Verified } from '../instances/life/up-request.ts';
import { accessTo, RunningLab, requireRunning } from '../instances/running.ts';
import type { CheckSpec } from '../lab/lab.ts';
import { json } from '../report/json.ts';
import type { Report } from '../report/report.ts';
import { messageOf } from '../support/errors.ts';
import type { Show } from '../support/step.ts';
import { type KeptCapture, keepCaptures } from '../traffic/kept-captures.ts';
import { isRed } from '../verdicts/verdict.ts';
import { askAndJudge } from './diagnose.ts';
import { nodeStates } from './evidence.ts';

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
  const { access, kept, dropped } = keepCaptures(accessTo(running, signal));
  await show([
    {
      title: 'Verify',
      run: async ({ say }, stepSignal) => {
        const either = AbortSignal.any([signal, stepSignal]);
        run = await runChecks({ ...access, signal: either }, specs, (event) => say(describe(event)));
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
  if (isGreen(report)) return { report };
  const found = await diagnosed(running, report, show, signal);
  return explained(running, found.report, { ...found.files, ...pcapFiles(kept, dropped()) });
};

const isGreen = ({ verdicts }: Report): boolean => !verdicts.some(isRed);

/** The report, with a bundle that explains it where a verdict is red: the state of every node, and `files` beside it. */
export const explained = async (
  running: RunningLab,
  report: Report,
  files: Record<string, string | Buffer> = {},
): Promise<Verified> => {
  if (isGreen(report)) return { report };
  const states = await nodeStates(running);
  const bundle = await saveBundle(running.instance, { 'report.json': json(report), ...files, ...states });
  return { report, bundle };
};

/** The report with the likeliest causes of what is red in it, and what they rest on as files of a bundle. */
const diagnosed = async (
  running: RunningLab,
  report: Report,
  show: Show,
  signal: AbortSignal,
): Promise<{ report: Report; files: Record<string, string> }> => {
  let found: { report: Report; files: Record<string, string> } | undefined;
  const run = async (_: unknown, stepSignal: AbortSignal): Promise<string | undefined> => {
    const either = AbortSignal.any([signal, stepSignal]);
    try {
      const { diagnosis, snapshot } = await askAndJudge(running, report, either);
      const raw = [...snapshot.values()].map(
        (said) => [`diagnosis/${said.node}.txt`, said.silent ?? said.raw] as const,
      );
      const files = { 'diagnosis.txt': describeDiagnosis(report.instance, diagnosis), ...Object.fromEntries(raw) };
      found = { report: { ...report, diagnosis }, files };
    } catch (error) {
      either.throwIfAborted();
      // The verdicts stand, whether they can be explained or not.
      found = { report, files: { 'diagnosis.txt': `it could not be made: ${messageOf(error)}\n` } };
    }
    return undefined;
  };
  await show([{ title: 'Diagnose', run }]);
  return found ?? { report, files: {} };
};

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
  instance: Instance,
  names: readonly string[] | undefined,
  show: Show,
  signal: AbortSignal,
): Promise<Verified> => {
  const specs = selectChecks(instance.definition, names);
  return exclusively(instance.name, `test ${instance.name}`, async () => {
    const running = new RunningLab(instance, signal);
    await using _sessions = running;
    await requireRunning(running);
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

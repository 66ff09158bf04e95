import type { Checks } from '../checks/registry.ts';
import { about, disturbs, runChecks } from '../checks/runner.ts';
import { exclusively } from '../instances/exclusive.ts';
import type { Instance } from '../instances/instance.ts';
import { restSteps } from '../instances/life/rest.ts';
import type { Verified } from '../instances/life/up-request.ts';
import { accessTo, RunningLab, requireRunning } from '../instances/running.ts';
import { type CheckSpec, type Lab, type NodeCommand, REAPPLY, type Sabotage } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import type { Show, StepProgress } from '../support/step.ts';
import type { Verdict } from '../verdicts/verdict.ts';
import { judgeSabotage, turnsRed } from './proof.ts';
import type { Registries } from './registries.ts';
import { explained, verifyBy } from './verify.ts';

/**
 * Runs the checks of an instance, then proves them: breaks the lab in each of the ways that its file has under
 * `sabotages`, sees that the checks named there fail and no others, mends it, and sees that all is green again. Each
 * sabotage is a verdict of the report, `prove/NAME`.
 * @param verified what the checks have just found, where they need not be run once more
 * @throws LabError, exit code 2, when the lab has no sabotages.
 */
export const proveInstance = async (
  { providers, checks }: Registries,
  instance: Instance,
  show: Show,
  signal: AbortSignal,
  verified?: Verified,
): Promise<Verified> => {
  requireSabotages(instance.definition);
  const { checks: specs, sabotages } = instance.definition;
  return exclusively(instance.name, `prove ${instance.name}`, async () => {
    const running = new RunningLab(providers, instance, signal);
    await using _sessions = running;
    await requireRunning(running);
    const started = performance.now();
    const sound = verified ?? (await verifyBy(checks)(running, specs, show, signal));
    // A lab that is red already proves nothing by being red.
    if (sound.bundle) return sound;
    const proofs: Verdict[] = [];
    for (const sabotage of sabotages) {
      const isLast = sabotage === sabotages.at(-1);
      const proof = await show.step(
        `Prove ${sabotage.name}`,
        (progress, stepSignal) =>
          proveOne(checks, running, sabotage, isLast, progress, AbortSignal.any([signal, stepSignal])),
        { remark: ({ status, summary }) => `${status}: ${summary}` },
      );
      proofs.push(proof);
    }
    const { report } = sound;
    const seconds = (performance.now() - started) / 1000 + (verified ? report.seconds : 0);
    return await explained(running, { ...report, seconds, verdicts: [...report.verdicts, ...proofs] });
  });
};

/** @throws LabError, exit code 2, when a lab has no sabotages. */
export const requireSabotages = ({ name, sabotages }: Lab): void => {
  if (sabotages.length > 0) return;
  throw new LabError({
    tried: `prove the checks of ${name}`,
    happened: `the lab ${name} has no sabotages`,
    next: 'add some to its file: see "Sabotages" in docs/lab-file.md',
    exitCode: ExitCode.usage,
  });
};

/** Seconds that failing requests may take while the lab is broken. */
const PATIENCE = 5;

/** One sabotage from break to mend. */
const proveOne = async (
  checks: Checks,
  running: RunningLab,
  sabotage: Sabotage,
  isLast: boolean,
  { say, show }: StepProgress,
  signal: AbortSignal,
): Promise<Verdict> => {
  const touched = [...new Set([...sabotage.break, ...sabotage.undo].map(({ node }) => node))];
  const all = running.instance.definition.checks.map((spec) => about(checks, spec, touched));
  const isRed = (spec: CheckSpec) => turnsRed(sabotage, spec);
  // A check that disturbs the lab takes its time, and does not look where it is not concerned.
  const specs = all.filter((spec) => isRed(spec) || !disturbs(checks, spec));
  const start = performance.now();
  // Broken it is meant to be: to see that requests fail takes a few of them.
  const access = { ...accessTo(running, signal), patience: PATIENCE };
  say(sabotage.summary);
  const { verdicts: broken } = await whileBroken(running, sabotage, say, () => runChecks(checks, access, specs));
  await show.steps(restSteps(running));
  // What stayed green needs no second look, until all is over.
  const { verdicts: mended } = await runChecks(
    checks,
    accessTo(running, signal),
    isLast ? all.filter((spec) => isRed(spec) || !disturbs(checks, spec)) : specs.filter(isRed),
  );
  const judged = broken.map((verdict, index) => ({ spec: specs[index] as CheckSpec, verdict }));
  const outcome = judgeSabotage(sabotage, judged, mended);
  return { check: `prove/${sabotage.name}`, ...outcome, seconds: (performance.now() - start) / 1000 };
};

/** Breaks a lab, looks, and mends it. */
const whileBroken = async <T>(
  running: RunningLab,
  sabotage: Sabotage,
  say: (line: string) => void,
  look: () => Promise<T>,
): Promise<T> => {
  try {
    await runAll(running, sabotage.break);
    return await look();
  } finally {
    // Also when the user has had enough: what we broke is ours to mend.
    say('mending');
    await runAll(running, sabotage.undo);
  }
};

/** One after the other, as the lab file has them. Nodes that are all provisioned again need not wait for each other. */
const runAll = async (running: RunningLab, commands: readonly NodeCommand[]): Promise<void> => {
  const run = async ({ node, command }: NodeCommand) => (await running.guest(node)).must(command);
  if (commands.every(({ command }) => command === REAPPLY)) await Promise.all(commands.map(run));
  else for (const each of commands) await run(each);
};

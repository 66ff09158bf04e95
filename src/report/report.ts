import type { Status, Verdict } from '../checks/check.ts';
import type { Burst } from '../checks/observation.ts';
import { ExitCode } from '../support/errors.ts';

/** What the checks of one instance found. */
export interface Report {
  readonly lab: string;
  readonly instance: string;
  readonly provider: string;
  /** When the checks began: ISO 8601, UTC. */
  readonly started: string;
  readonly seconds: number;
  readonly verdicts: readonly Verdict[];
  /** The requests that were made, and who answered them. */
  readonly bursts: readonly Burst[];
}

/** How many verdicts there are of each status. */
export const countVerdicts = (verdicts: readonly Verdict[]): Record<Status, number> => {
  const counts = { pass: 0, fail: 0, error: 0, skip: 0 };
  for (const { status } of verdicts) counts[status] += 1;
  return counts;
};

/**
 * The exit code that verdicts mean. An error outweighs a failure: a run in which something broke says nothing sure of
 * the lab, not even by the checks that failed in it. Where every check was skipped, or there was none, nothing was
 * checked, which is no success either.
 */
export const exitCodeOf = (verdicts: readonly Verdict[]): ExitCode => {
  const { pass, fail, error } = countVerdicts(verdicts);
  if (error > 0) return ExitCode.broken;
  if (fail > 0) return ExitCode.checkFailed;
  return pass > 0 ? ExitCode.ok : ExitCode.skipped;
};

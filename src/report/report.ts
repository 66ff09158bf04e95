import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { ExitCode } from '../support/errors.ts';
import type { Burst } from '../traffic/observation.ts';
import type { Status, Verdict } from '../verdicts/verdict.ts';

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
  /** Why a check failed, where one did. */
  readonly diagnosis?: Diagnosis;
}

/** Why no check of a lab was made: it did not come up, or could not be tested. */
export interface Trouble {
  readonly message: string;
  /** What the user can do next. */
  readonly next?: string;
}

/** What became of one of the labs that were to be tested. */
export interface Result {
  /** What it is called in reports, the same in each run: the name of the lab, or of the instance tested in place. */
  readonly title: string;
  readonly lab: string;
  /** When its turn at being tested came: ISO 8601, UTC. */
  readonly started: string;
  /** From then to its end, bringing it up and taking it down included. */
  readonly seconds: number;
  /** What the checks found, or why none was made. */
  readonly found: { readonly report: Report } | { readonly trouble: Trouble };
  /** Directory of what explains failed checks. */
  readonly bundle?: string;
  /** Name of the instance that was left up for a look. */
  readonly kept?: string;
}

/** How many verdicts there are of each status. */
export const countVerdicts = (verdicts: readonly Verdict[]): Record<Status, number> => {
  const counts = { pass: 0, fail: 0, error: 0, skip: 0 };
  for (const { status } of verdicts) counts[status] += 1;
  return counts;
};

/** The same of results: `error` are the labs that did not come up, or with a check that could not look. */
export const countResults = (results: readonly Result[]): Record<Status, number> => {
  const counts = { pass: 0, fail: 0, error: 0, skip: 0 };
  for (const result of results) counts[statusOf(result)] += 1;
  return counts;
};

/** What all the verdicts of a lab come to. */
export const statusOf = ({ found }: Result): Status =>
  'trouble' in found ? 'error' : STATUS_OF_CODE[exitCodeOf(found.report.verdicts)];

/**
 * The exit code that verdicts mean. An error outweighs a failure: a run in which something broke says nothing sure of
 * the lab, not even by the checks that failed in it. Where every check was skipped, or there was none, nothing was
 * checked, which is no success either.
 */
export const exitCodeOf = (verdicts: readonly Verdict[]): VerdictCode => codeOf(countVerdicts(verdicts));

/** The exit code that the results of several labs mean, by the same rule. */
export const exitCodeOfAll = (results: readonly Result[]): VerdictCode => codeOf(countResults(results));

type VerdictCode = typeof ExitCode.ok | typeof ExitCode.checkFailed | typeof ExitCode.broken | typeof ExitCode.skipped;

const codeOf = ({ pass, fail, error }: Record<Status, number>): VerdictCode => {
  if (error > 0) return ExitCode.broken;
  if (fail > 0) return ExitCode.checkFailed;
  return pass > 0 ? ExitCode.ok : ExitCode.skipped;
};

const STATUS_OF_CODE = {
  [ExitCode.ok]: 'pass',
  [ExitCode.checkFailed]: 'fail',
  [ExitCode.broken]: 'error',
  [ExitCode.skipped]: 'skip',
} as const satisfies Record<VerdictCode, Status>;

import { json } from '../report/json.ts';
import { junit } from '../report/junit.ts';
import { exitCodeOf, type Report } from '../report/report.ts';
import { terminal } from '../report/terminal.ts';
import type { Session } from './session.ts';

export const REPORTERS = ['terminal', 'junit', 'json'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** Prints what the checks found, and makes it the exit code. */
export const printReport = (report: Report, reporter: Reporter, session: Session): void => {
  session.print(render(report, reporter));
  session.exitCode = exitCodeOf(report.verdicts);
};

const render = (report: Report, reporter: Reporter): string => {
  if (reporter === 'junit') return junit(report);
  if (reporter === 'json') return json(report);
  return terminal(report, { color: process.stdout.isTTY === true && !process.env.NO_COLOR });
};

import { styleText } from 'node:util';
import { answerLine } from '../checks/answers.ts';
import type { Status, Verdict } from '../checks/check.ts';
import { countVerdicts, type Report } from './report.ts';
import { evidenceLines, printable } from './text.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Whether to show what a verdict rests on where the check passed, too. */
  readonly verbose?: boolean;
}

const LABELS = { pass: 'PASS', fail: 'FAIL', error: 'ERROR', skip: 'SKIP' } as const satisfies Record<Status, string>;
const COLORS = { pass: 'green', fail: 'red', error: 'magenta', skip: 'yellow' } as const satisfies Record<
  Status,
  string
>;

/**
 * A report for a person: who answered each request, a line for each check with its evidence below where it failed, and
 * the counts.
 */
export const terminal = (report: Report, { color, verbose = false }: TerminalOptions): string => {
  const paint = (status: Status, text: string) =>
    color ? styleText(['bold', COLORS[status]], text, { validateStream: false }) : text;
  const shown = new Set<string>();
  const lines = [
    ...report.bursts.map((burst) => `${burst.client} asked ${burst.service.name}: ${answerLine(burst)}`),
    ...(report.bursts.length > 0 ? [''] : []),
    ...report.verdicts.flatMap((verdict) => [
      `${paint(verdict.status, LABELS[verdict.status].padEnd(5))}  ${verdict.check}: ${printable(verdict.summary)}`,
      ...(verbose || verdict.status === 'fail' || verdict.status === 'error' ? detail(verdict, shown) : []),
    ]),
    ...(report.verdicts.length > 0 ? [''] : []),
    countLine(report),
  ];
  return `${lines.join('\n')}\n`;
};

/** Several checks may rest on the same evidence, such as the director's tables: it is printed once. */
const detail = ({ evidence }: Verdict, shown: Set<string>): string[] =>
  evidence.flatMap((each) => {
    const lines = evidenceLines(each).map((line) => `       ${printable(line)}`);
    const text = lines.join('\n');
    if (shown.has(text)) return [`       ${printable(each.title)}: as above`];
    shown.add(text);
    return lines;
  });

const countLine = ({ instance, verdicts, seconds }: Report): string => {
  if (verdicts.length === 0) return `${instance}: no checks`;
  const counts = countVerdicts(verdicts);
  const words = { pass: 'passed', fail: 'failed', error: 'could not be made', skip: 'skipped' } as const;
  const parts = (['pass', 'fail', 'error', 'skip'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${words[status]}`);
  return `${instance}: ${verdicts.length} ${verdicts.length === 1 ? 'check' : 'checks'}: ${parts.join(', ')} (${seconds.toFixed(1)} s)`;
};

import { styleText } from 'node:util';
import { causeLines } from '../diagnosis/describe.ts';
import { answerLine } from '../traffic/answers.ts';
import { isRed, type Status, type Verdict } from '../verdicts/verdict.ts';
import { countResults, countVerdicts, type Report, type Result, statusOf } from './report.ts';
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
export const terminal = (report: Report, options: TerminalOptions): string => {
  const paint = painter(options);
  const shown = new Set<string>();
  const lines = [
    ...report.bursts.map((burst) => `${burst.client} asked ${burst.service.name}: ${answerLine(burst)}`),
    ...(report.bursts.length > 0 ? [''] : []),
    ...report.verdicts.flatMap((verdict) => [
      `${paint(verdict.status, LABELS[verdict.status].padEnd(5))}  ${verdict.check}: ${printable(verdict.summary)}`,
      ...(options.verbose || isRed(verdict) ? detail(verdict, shown) : []),
    ]),
    ...(report.verdicts.length > 0 ? [''] : []),
    ...likeliest(report),
    countLine(report),
  ];
  return `${lines.join('\n')}\n`;
};

/** The results of several labs for a person, one after the other, and a line that counts them. Of one, that one alone. */
export const terminalOfAll = (results: readonly Result[], seconds: number, options: TerminalOptions): string => {
  const [only] = results;
  if (only && results.length === 1) return resultText(only, options);
  const paint = painter(options);
  const texts = results.map((result) => `== ${result.title}\n${resultText(result, options)}\n`);
  const list = results.map((result) => {
    const status = statusOf(result);
    return `${paint(status, LABELS[status].padEnd(5))}  ${result.title} (${result.seconds.toFixed(1)} s)\n`;
  });
  return `${texts.join('')}${list.join('')}\n${summaryLine(results, seconds)}\n`;
};

const resultText = ({ title, found }: Result, options: TerminalOptions): string => {
  // An instance that was made for its test alone is gone by now, and its name says nothing.
  if ('report' in found) return terminal({ ...found.report, instance: title }, options);
  const { message, next } = found.trouble;
  const lines = printable(next ? `${message}\n  next: ${next}` : message).split('\n');
  return `${painter(options)('error', LABELS.error)}  ${title}: ${lines.join('\n       ')}\n`;
};

/** `4 labs: 2 passed, 1 failed, 1 broken (61.0 s)` */
export const summaryLine = (results: readonly Result[], seconds: number): string => {
  const parts = countsInWords(countResults(results), 'broken');
  return `${results.length} ${results.length === 1 ? 'lab' : 'labs'}: ${parts} (${seconds.toFixed(1)} s)`;
};

const painter =
  ({ color }: TerminalOptions) =>
  (status: Status, text: string): string =>
    color ? styleText(['bold', COLORS[status]], text, { validateStream: false }) : text;

/** Several checks may rest on the same evidence, such as the director's tables: it is printed once. */
const detail = ({ evidence }: Verdict, shown: Set<string>): string[] =>
  evidence.flatMap((each) => {
    const lines = evidenceLines(each).map((line) => `       ${printable(line)}`);
    const text = lines.join('\n');
    if (shown.has(text)) return [`       ${printable(each.title)}: as above`];
    shown.add(text);
    return lines;
  });

/** The first cause of a failure, with the command that shows it and those that mend it. */
const likeliest = ({ instance, diagnosis }: Report): string[] => {
  const cause = diagnosis?.causes[0];
  return cause ? [...causeLines(instance, cause, 'Most likely: ').map(printable), ''] : [];
};

const countLine = ({ instance, verdicts, seconds }: Report): string => {
  if (verdicts.length === 0) return `${instance}: no checks`;
  const parts = countsInWords(countVerdicts(verdicts), 'could not be made');
  return `${instance}: ${verdicts.length} ${verdicts.length === 1 ? 'check' : 'checks'}: ${parts} (${seconds.toFixed(1)} s)`;
};

const countsInWords = (counts: Record<Status, number>, error: string): string => {
  const words = { pass: 'passed', fail: 'failed', error, skip: 'skipped' } as const;
  return (['pass', 'fail', 'error', 'skip'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `${counts[status]} ${words[status]}`)
    .join(', ');
};

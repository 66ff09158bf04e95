import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { html } from '../report/html.ts';
import { json, jsonOfResult, jsonOfResults } from '../report/json.ts';
import { junit } from '../report/junit.ts';
import { exitCodeOf, exitCodeOfAll, type Report, type Result } from '../report/report.ts';
import { type TerminalOptions, terminal, terminalOfAll } from '../report/terminal.ts';
import { writeFileAtomic } from '../support/atomic.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { readyFile } from './output-file.ts';
import type { Session } from './session.ts';

export const REPORTERS = ['terminal', 'junit', 'json', 'html'] as const;
export type Reporter = (typeof REPORTERS)[number];

/** A reporter, and the file that it writes; stdout where there is none. */
export interface Output {
  readonly reporter: Reporter;
  readonly file?: string;
}

/** `-r, --reporter`, which can be given more than once: `-r terminal -r junit=report.xml`. */
export const reporterOption = (): Option =>
  new Option(
    '-r, --reporter <reporter>',
    `how to print what was found: ${REPORTERS.join(', ')}; with =FILE into a file; more than one can be given`,
  ).argParser((text: string, previous: Output[] = []) => [...previous, parseOutput(text)]);

const parseOutput = (text: string): Output => {
  const [, name = '', file] = text.match(/^([^=]*)(?:=(.*))?$/s) ?? [];
  const reporter = REPORTERS.find((each) => each === name);
  if (!reporter || file === '')
    throw new InvalidArgumentError(`It must be one of ${REPORTERS.join(', ')}, or one of these with =FILE.`);
  return file === undefined ? { reporter } : { reporter, file };
};

/**
 * What is printed and written in the end, made ready before anything else is done: one report goes to stdout, that for a
 * person where no other does.
 * @throws LabError, exit code 2, when two want stdout, or a file cannot be written.
 */
export const readyOutputs = async (wanted: readonly Output[]): Promise<Output[]> => {
  const outputs = wanted.some(({ file }) => file === undefined)
    ? wanted
    : [{ reporter: 'terminal' as const }, ...wanted];
  const tried = 'write reports';
  const places = outputs.map(({ file }) => (file === undefined ? 'stdout' : resolve(file)));
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) {
    throw new LabError({
      tried,
      happened: `two of them would go to ${twice}`,
      next: 'give each a file of its own: --reporter junit=report.xml',
      exitCode: ExitCode.usage,
    });
  }
  for (const { file } of outputs) if (file !== undefined) await readyFile(file, tried);
  return [...outputs];
};

/** Prints what the checks of one instance found, and makes it the exit code. */
export const printReport = (report: Report, reporter: 'terminal' | 'json', session: Session): void => {
  session.print(reporter === 'json' ? json(report) : terminal(report, onStdout()));
  session.exitCode = exitCodeOf(report.verdicts);
};

export interface ResultsOptions {
  readonly outputs: readonly Output[];
  /** What all of it took. */
  readonly seconds: number;
  /** Whether one lab was asked for by its name, and JSON is the document of that one. */
  readonly single: boolean;
}

/** Prints and writes the results of several labs, and makes them the exit code. */
export const printResults = async (
  results: readonly Result[],
  { outputs, seconds, single }: ResultsOptions,
  session: Session,
): Promise<void> => {
  session.exitCode = exitCodeOfAll(results);
  for (const { reporter, file } of outputs) {
    const render = (options: TerminalOptions): string => {
      const [only] = results;
      if (reporter === 'junit') return junit(results);
      if (reporter === 'html') return html(results, seconds);
      if (reporter === 'json') return only && single ? jsonOfResult(only) : jsonOfResults(results);
      return terminalOfAll(results, seconds, options);
    };
    if (file === undefined) session.print(render(onStdout()));
    else {
      await writeFileAtomic(file, render({ color: false }));
      session.tell(`Wrote ${file}`);
    }
  }
};

const onStdout = (): TerminalOptions => ({ color: process.stdout.isTTY === true && !process.env.NO_COLOR });

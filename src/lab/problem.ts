import type { Diagnostic } from './diagnostic.ts';
import { MAX_PROBLEMS } from './limits.ts';
import type { Range, Source } from './source.ts';

/** A diagnostic in the making: a place in the text, and a suggestion that is worked out only if it is shown. */
export interface Problem extends Message {
  readonly range: Range;
}

export interface Message {
  readonly message: string;
  readonly severity?: 'warning';
  /** A function where it takes a look at the whole lab. */
  readonly expected?: string | undefined | (() => string | undefined);
  readonly suggest?: () => string | undefined;
}

/** Names in a file may be of any length. */
const clip = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);

const toDiagnostic = (problem: Problem, source: Source): Diagnostic => {
  const suggestion = problem.suggest?.();
  const expected = typeof problem.expected === 'function' ? problem.expected() : problem.expected;
  return {
    file: source.file,
    ...source.position(problem.range.start),
    severity: problem.severity ?? 'error',
    message: clip(problem.message),
    ...(expected !== undefined && { expected: clip(expected) }),
    ...(suggestion !== undefined && { suggestion }),
    source: source.excerpt(problem.range),
  };
};

/** The problems in the order of the file, each once, and not more of them than a person would read. */
export const toDiagnostics = (problems: readonly Problem[], source: Source): Diagnostic[] => {
  // A value that aliases repeat has its problem once in the file.
  const distinct = [
    ...new Map(problems.map((problem) => [`${problem.range.start} ${problem.message}`, problem])).values(),
  ];
  distinct.sort((one, other) => one.range.start - other.range.start);
  const shown = distinct.slice(0, MAX_PROBLEMS);
  const rest = distinct.slice(MAX_PROBLEMS);
  if (rest[0])
    shown.push({
      range: rest[0].range,
      message: `${rest.length} more problems from here on are not shown`,
      ...severityOf(rest),
    });
  return shown.map((problem) => toDiagnostic(problem, source));
};

const severityOf = (problems: readonly Problem[]): Pick<Problem, 'severity'> =>
  problems.every(({ severity }) => severity === 'warning') ? { severity: 'warning' } : {};

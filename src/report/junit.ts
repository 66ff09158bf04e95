import { describeDiagnosis } from '../diagnosis/describe.ts';
import { answerLine } from '../traffic/answers.ts';
import type { Verdict } from '../verdicts/verdict.ts';
import { escapeXml } from './markup.ts';
import { countVerdicts, type Result, type Trouble } from './report.ts';
import { evidenceLines } from './text.ts';

/**
 * Results as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read: a test suite for each lab, a test
 * case for each check. A check that could not look is an `error`, which is not a `failure`; so is a lab that did not come
 * up, whose one test case is `up`.
 */
export const junit = (results: readonly Result[]): string => {
  const suites = results.map(suiteOf);
  const total = (name: keyof Counts) => suites.reduce((sum, { counts }) => sum + counts[name], 0);
  const counts = { tests: total('tests'), failures: total('failures'), errors: total('errors') };
  const rest = { skipped: total('skipped'), time: total('time').toFixed(3) };
  const root = element(
    'testsuites',
    { name: 'lab', ...counts, ...rest },
    suites.map(({ xml }) => xml),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`;
};

interface Counts {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  time: number;
}

const suiteOf = (result: Result): { counts: Counts; xml: string } => {
  const { title, lab, found } = result;
  if ('trouble' in found) {
    const counts = { tests: 1, failures: 0, errors: 1, skipped: 0, time: result.seconds };
    return {
      counts,
      xml: suite(title, result.started, counts, [property('lab', lab)], [caseOfTrouble(result, found.trouble)]),
    };
  }
  const { verdicts, seconds, started, provider, bursts, instance, diagnosis } = found.report;
  const { fail, error, skip } = countVerdicts(verdicts);
  const counts = { tests: verdicts.length, failures: fail, errors: error, skipped: skip, time: seconds };
  const properties = [property('lab', lab), property('provider', provider)];
  const answers = bursts.map((burst) => `${burst.client} asked ${burst.service.name}: ${answerLine(burst)}`);
  const why = diagnosis ? ['', describeDiagnosis(instance, diagnosis).trimEnd()] : [];
  const told = [...answers, ...why];
  const out = told.length > 0 ? [element('system-out', {}, [escapeXml(told.join('\n'))])] : [];
  const cases = verdicts.map((verdict) => testCase(lab, verdict));
  return { counts, xml: suite(title, started, counts, properties, [...cases, ...out]) };
};

const suite = (
  name: string,
  started: string,
  { time, ...counts }: Counts,
  properties: readonly string[],
  content: readonly string[],
): string =>
  element('testsuite', { name, timestamp: timestampOf(started), ...counts, time: time.toFixed(3) }, [
    element('properties', {}, properties),
    ...content,
  ]);

const property = (name: string, value: string): string => element('property', { name, value });

const caseOfTrouble = ({ lab, seconds }: Result, { message, next }: Trouble): string =>
  element('testcase', { classname: `lab.${lab}`, name: 'up', time: seconds.toFixed(3) }, [
    element('error', { type: 'error', message: message.split('\n')[0] ?? '' }, [
      escapeXml([message, next].filter(Boolean).join('\n')),
    ]),
  ]);

const testCase = (lab: string, verdict: Verdict): string => {
  const evidence = verdict.evidence.flatMap(evidenceLines).join('\n');
  const name = { classname: `lab.${lab}`, name: verdict.check, time: verdict.seconds.toFixed(3) };
  const text = [escapeXml([verdict.summary, evidence].filter(Boolean).join('\n'))];
  switch (verdict.status) {
    case 'fail':
      return element('testcase', name, [element('failure', { type: 'fail', message: verdict.summary }, text)]);
    case 'error':
      return element('testcase', name, [element('error', { type: 'error', message: verdict.summary }, text)]);
    case 'skip':
      return element('testcase', name, [element('skipped', { message: verdict.summary })]);
    case 'pass':
      return element('testcase', name, [element('system-out', {}, text)]);
  }
};

/** The schema of JUnit knows a time without fraction and zone. */
const timestampOf = (started: string): string => new Date(started).toISOString().slice(0, 19);

/** An element; its content is XML already. */
const element = (
  name: string,
  attributes: Record<string, string | number>,
  content: readonly string[] = [],
): string => {
  const start = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  return content.length > 0 ? `<${name}${start}>${content.join('\n')}</${name}>` : `<${name}${start}/>`;
};

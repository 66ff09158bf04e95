import { answerLine } from '../checks/answers.ts';
import type { Verdict } from '../checks/check.ts';
import { countVerdicts, type Report } from './report.ts';
import { evidenceLines } from './text.ts';

/**
 * A report as JUnit XML, in the form that Jenkins, GitLab and GitHub's reporters read: a test suite for the instance, a
 * test case for each check. A check that could not look is an `error`, which is not a `failure`.
 */
export const junit = (report: Report): string => {
  const { verdicts, seconds } = report;
  const { fail, error, skip } = countVerdicts(verdicts);
  const counts = { tests: verdicts.length, failures: fail, errors: error, skipped: skip, time: seconds.toFixed(3) };
  const answers = report.bursts.map((burst) => `${burst.client} asked ${burst.service.name}: ${answerLine(burst)}`);
  const suite = element('testsuite', { name: report.instance, timestamp: timestampOf(report), ...counts }, [
    element('properties', {}, [
      element('property', { name: 'lab', value: report.lab }),
      element('property', { name: 'provider', value: report.provider }),
    ]),
    ...verdicts.map((verdict) => testCase(report.lab, verdict)),
    ...(answers.length > 0 ? [element('system-out', {}, [escapeXml(answers.join('\n'))])] : []),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'lab', ...counts }, [suite])}\n`;
};

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
const timestampOf = ({ started }: Report): string => new Date(started).toISOString().slice(0, 19);

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

/** Characters that no XML 1.0 document can hold, not even escaped, and halves of surrogate pairs. */
const IMPOSSIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };

const escapeXml = (text: string): string =>
  text.replace(IMPOSSIBLE, '\u{fffd}').replace(/[&<>"\r]/g, (character) => ESCAPES[character] ?? character);

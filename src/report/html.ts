import { describeDiagnosis } from '../diagnosis/describe.ts';
import { answerLine } from '../traffic/answers.ts';
import { isRed, type Status, type Verdict } from '../verdicts/verdict.ts';
import { type Markup, markup } from './markup.ts';
import { countVerdicts, type Report, type Result, statusOf } from './report.ts';
import { summaryLine } from './terminal.ts';
import { evidenceLines } from './text.ts';

const LABELS = { pass: 'passed', fail: 'failed', error: 'broken', skip: 'skipped' } as const satisfies Record<
  Status,
  string
>;

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884 }
td.number, th.number { text-align: right }
table.checks { table-layout: fixed }
.checks th:nth-child(1) { width: 5rem } .checks th:nth-child(2) { width: 11rem }
pre { overflow-x: auto; font-size: .85rem; line-height: 1.35; margin: .3rem 0; padding: .6rem; background: #8882 }
summary { cursor: pointer }
.status { font-weight: bold; white-space: nowrap }
.pass { color: #16803c } .fail { color: #d02020 } .error { color: #a020a0 } .skip { color: #a06a00 }
@media (prefers-color-scheme: dark) {
  .pass { color: #4ade80 } .fail { color: #f87171 } .error { color: #e879f9 } .skip { color: #fbbf24 }
}`;

/**
 * Results as one HTML page for a browser: an overview, then each lab with its checks and what their verdicts rest on. It
 * needs no other file, no network and no JavaScript, and its policy forbids all of them. It is well-formed XML, too.
 */
export const html = (results: readonly Result[], seconds: number): string => {
  const page = markup`<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<title>${summaryLine(results, seconds)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${summaryLine(results, seconds)}</h1>
<table>
<thead><tr><th>Result</th><th>Lab</th><th>Checks</th><th>Begun (UTC)</th><th class="number">Seconds</th></tr></thead>
<tbody>
${results.map(overviewRow)}</tbody>
</table>
${results.map(section)}</body>
</html>
`;
  return `<!DOCTYPE html>\n${page.text}`;
};

/** Titles may be the same: two files, one name. */
const anchor = (index: number): string => `lab-${index + 1}`;

const overviewRow = (result: Result, index: number): Markup => markup`<tr>
<td>${badge(statusOf(result))}</td>
<td><a href="#${anchor(index)}">${result.title}</a></td>
<td>${checksInWords(result)}</td>
<td>${result.started.slice(0, 19).replace('T', ' ')}</td>
<td class="number">${result.seconds.toFixed(1)}</td>
</tr>
`;

const checksInWords = ({ found }: Result): string => {
  if ('trouble' in found) return 'none was made';
  const { verdicts } = found.report;
  return verdicts.length === 0 ? 'it has none' : `${countVerdicts(verdicts).pass} of ${verdicts.length} passed`;
};

const badge = (status: Status): Markup => markup`<span class="status ${status}">${LABELS[status]}</span>`;

const section = (result: Result, index: number): Markup => {
  const { title, lab, found, bundle } = result;
  return markup`<section id="${anchor(index)}">
<h2>${title} ${badge(statusOf(result))}</h2>
<p>${'report' in found ? `Lab ${lab}, instance ${found.report.instance}, provider ${found.report.provider}.` : `Lab ${lab}.`}</p>
${bundle === undefined ? [] : [markup`<p>What explains the failure: <code>${bundle}</code></p>\n`]}${
  'report' in found ? reportBody(found.report) : trouble(found.trouble)
}</section>
`;
};

const trouble = ({ message, next }: { message: string; next?: string }): Markup => markup`<pre>${message}</pre>
${next === undefined ? [] : [markup`<p>Next: ${next}</p>\n`]}`;

const reportBody = ({ bursts, verdicts, instance, diagnosis }: Report): Markup => markup`${bursts.map(
  (burst) => markup`<p>${burst.client} asked ${burst.service.name}: <code>${answerLine(burst)}</code></p>\n`,
)}${diagnosis ? [markup`<pre>${describeDiagnosis(instance, diagnosis)}</pre>\n`] : []}<table class="checks">
<thead><tr><th>Verdict</th><th>Check</th><th>Found</th></tr></thead>
<tbody>
${verdicts.map(verdictRow)}</tbody>
</table>
`;

const verdictRow = ({ check, status, summary, evidence }: Verdict): Markup => {
  const lines = evidence.flatMap(evidenceLines).join('\n');
  const open = isRed({ status }) ? markup` open="open"` : markup``;
  const rest = markup`<details${open}><summary>evidence</summary><pre>${lines}</pre></details>`;
  return markup`<tr><td>${badge(status)}</td><td>${check}</td><td>${summary}${lines === '' ? [] : [rest]}</td></tr>
`;
};

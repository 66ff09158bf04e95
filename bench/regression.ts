/**
 * Measures the whole regression: every lab brought up, checked, and proven by its sabotages, as a nightly run has it.
 *
 *     node bench/regression.ts [LAB ...] [--jobs N] [--accel tcg|kvm] [--json FILE] [--report]
 *
 * Prints where the time goes, lab by lab. With --json, writes every figure to a file; with --report, to
 * docs/performance.json and the page.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { table } from '../src/cli/table.ts';
import { describeHost, type RegressionRun } from './figures.ts';
import { Home } from './home.ts';
import { report } from './report.ts';
import { regressionTable } from './tables.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    accel: { type: 'string', default: 'tcg' },
    json: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});

interface Tested {
  lab: string;
  seconds: number;
  verdicts: { check: string; status: string; seconds: number }[];
}

const run: RegressionRun = { seconds: 0, exitCode: 0, labs: [] };
{
  await using home = await Home.create(values.accel);
  // Not measured: the golden machine, which a host makes once.
  await home.save();
  await home.forget();
  const labs = positionals.length > 0 ? positionals : ['--all'];
  const jobs = values.jobs === undefined ? [] : ['--jobs', values.jobs];
  const begin = performance.now();
  const { stdout, exitCode } = await home.test(...labs, '--prove', '--no-save', ...jobs);
  run.seconds = (performance.now() - begin) / 1000;
  run.exitCode = exitCode;
  const printed = JSON.parse(stdout) as Tested | { labs: Tested[] };
  run.labs = ('labs' in printed ? printed.labs : [printed]).map(({ lab, seconds, verdicts }) => ({
    lab,
    seconds,
    red: verdicts.filter(({ status }) => status !== 'pass').map(({ check }) => check),
    checks: verdicts.filter(({ check }) => !check.startsWith('prove/')).length,
    proofs: verdicts
      .filter(({ check }) => check.startsWith('prove/'))
      .map(({ check, seconds: each }) => ({ sabotage: check.slice('prove/'.length), seconds: each })),
  }));
}
const figures = { host: await describeHost(values.accel), runs: [run] };
const { headings, rows } = regressionTable(run);
console.log(table(headings, rows));
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (values.report) await report({ regression: figures });
process.exitCode = run.exitCode;

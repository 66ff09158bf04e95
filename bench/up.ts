/**
 * Measures `lab up tun-basic` with the image cached: every machine booted (cold), every machine resumed from the golden
 * one (golden), all resumed as they were saved (warm); and `lab reset`. Each beside the floor (bench/floor.ts), in turn,
 * so that a busy host slows all of them.
 *
 *     node bench/up.ts [--runs N] [--accel tcg|kvm] [--json FILE] [--report]
 *
 * Prints tables. With --json, writes every figure to a file; with --report, to docs/performance.json, the page and its plot.
 */
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { table } from '../src/cli/table.ts';
import { projectDir } from '../src/support/paths.ts';
import { describeHost, type Floor, type Up, type UpRun } from './figures.ts';
import { Home, interrupted, LAB } from './home.ts';
import { report } from './report.ts';
import { upTables } from './tables.ts';

const NAME = 'bench';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    accel: { type: 'string', default: 'tcg' },
    json: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});

const measure = async (home: Home): Promise<UpRun> => {
  const load = loadavg()[0] as number;
  const image = await home.directoryOf('image');
  const scripts = join(home.dir, 'rendered');
  await home.lab('render', LAB, '-o', scripts);

  const floor = async (mode: string, ...args: string[]): Promise<Floor> => {
    const options = ['--image', image, '--scripts', join(scripts, 'scripts'), '--accel', values.accel, ...args];
    const { stdout } = await execa(process.execPath, [join(projectDir, 'bench', 'floor.ts'), mode, ...options], {
      cancelSignal: interrupted,
    });
    return JSON.parse(stdout) as Floor;
  };
  const up = async (...flags: string[]): Promise<Up> => {
    const measured = await home.up(NAME, flags);
    await home.lab('down', NAME);
    return measured;
  };

  const cold = { floor: await floor('boot'), up: await up('--cold', '--no-save') };
  await home.forget();
  const golden = { floor: await floor('golden'), up: await up('--no-save') };
  const saved = await home.save();
  const state = await home.directoryOf('lab');
  const warm = { floor: await floor('warm', '--state', state), up: await home.up(NAME) };
  const begin = performance.now();
  await home.lab('reset', NAME);
  const reset = (performance.now() - begin) / 1000;
  // A reset that broke the lab would be worth nothing.
  await home.lab('test', NAME, '--check', 'rotation');
  await home.lab('down', NAME);
  return { load, cold, golden, warm, saving: saved.end - saved.report, reset };
};

const runs: UpRun[] = [];
{
  await using home = await Home.create(values.accel);
  // Not measured: saves the golden machine, and has the host read what it will read again.
  await home.up(NAME, ['--no-save']);
  await home.lab('down', NAME);
  for (let run = 1; run <= Number(values.runs); run++) {
    process.stderr.write(`run ${run} of ${values.runs}\n`);
    runs.push(await measure(home));
  }
}
const figures = { host: await describeHost(values.accel), runs };
for (const { headings, rows } of upTables(runs)) console.log(`${table(headings, rows)}\n`);
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (values.report) await report({ up: figures });

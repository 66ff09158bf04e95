/**
 * Measures several labs, copies of tun-basic: brought up at the same moment, and one after the other.
 *
 *     node bench/many.ts [--labs 1,2,4,8] [--ways golden,warm] [--accel tcg|kvm] [--json FILE] [--report]
 *
 * Prints a table. With --json, writes every figure to a file; with --report, to docs/performance.json, the page and its plot.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { table } from '../src/cli/table.ts';
import { describeHost, type ManyRun, type Several, type Up, WAYS, type Way } from './figures.ts';
import { Home } from './home.ts';
import { report } from './report.ts';
import { manyTable } from './tables.ts';

const { values } = parseArgs({
  options: {
    labs: { type: 'string', default: '1,2,4,8' },
    ways: { type: 'string', default: 'golden,warm' },
    accel: { type: 'string', default: 'tcg' },
    json: { type: 'string' },
    report: { type: 'boolean', default: false },
  },
});
const counts = values.labs.split(',').map(Number);
const ways = WAYS.filter((way) => values.ways.split(',').includes(way));

/** `--no-save` where nothing is saved yet: the next lab would be resumed from what the first has saved. */
const FLAGS: Record<Way, string[]> = { cold: ['--cold', '--no-save'], golden: ['--no-save'], warm: [] };

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `bench-${index + 1}`);

const several = (ups: readonly Up[]): Several => ({
  first: Math.min(...ups.map(({ seconds }) => seconds)),
  last: Math.max(...ups.map(({ seconds }) => seconds)),
  end: Math.max(...ups.map(({ end }) => end)),
});

/** All at the same moment. One that fails fails all, when the others have ended. */
const atOnce = async (home: Home, way: Way, count: number): Promise<ManyRun['atOnce']> => {
  const begin = performance.now();
  const ended = await Promise.allSettled(names(count).map((name) => home.up(name, FLAGS[way], begin)));
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  const ups = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  // Looked at when all are up: pages that they share weigh less by then.
  const machines = (await Promise.all(names(count).map((name) => home.machines(name)))).flat();
  await home.lab('down', '--all');
  return { ...several(ups), machines };
};

/** One after the other, all of them left up; the first so and so many of them are what a smaller number takes. */
const inTurn = async (home: Home, way: Way): Promise<Up[]> => {
  const begin = performance.now();
  const ups: Up[] = [];
  for (const name of names(Math.max(...counts))) ups.push(await home.up(name, FLAGS[way], begin));
  await home.lab('down', '--all');
  return ups;
};

const runs: ManyRun[] = [];
{
  await using home = await Home.create(values.accel);
  for (const way of ways) {
    process.stderr.write(`${way}, in turn\n`);
    // Not measured: the golden machine is saved, and the lab where it is to be resumed.
    await home.save();
    if (way !== 'warm') await home.forget();
    const alone = await inTurn(home, way);
    for (const labs of counts) {
      process.stderr.write(`${way}, ${labs} at once\n`);
      runs.push({ way, labs, atOnce: await atOnce(home, way, labs), inTurn: several(alone.slice(0, labs)) });
    }
  }
}
const figures = { host: await describeHost(values.accel), runs };
const { headings, rows } = manyTable(runs);
console.log(table(headings, rows));
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (values.report) await report({ many: figures });

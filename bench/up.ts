/**
 * Measures a cold `lab up tun-basic` (image cached) beside its floor: the same five machines booted to the same
 * readiness by plain commands (bench/floor.sh). Both in turn, so that a busy host slows both.
 *
 *     node bench/up.ts [--runs N] [--json FILE]
 *
 * Prints a table; with --json, writes every figure to a file.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { table } from '../src/cli/table.ts';
import { imagesDir, projectDir } from '../src/support/paths.ts';

interface Machine {
  node: string;
  /** PSS in bytes. */
  memory: number;
  cpuSeconds: number;
}

interface Floor {
  seconds: number;
  machines: Machine[];
}

interface Up extends Floor {
  /** Seconds of each step, by its title. */
  phases: Record<string, number>;
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' }, json: { type: 'string' } } });
const runs = Number(values.runs);
const home = await mkdtemp(join(tmpdir(), 'lab-bench-'));
const MAIN = join(projectDir, 'src', 'cli', 'main.ts');
const NAME = 'bench';

const lab = (...args: string[]) => execa(process.execPath, [MAIN, ...args], { stdin: 'ignore' });

const builtImage = async (): Promise<string> => {
  await lab('image', 'build');
  const { stdout } = await lab('image', 'list', '-f', 'json');
  const image = (JSON.parse(stdout) as { dir: string; state: string }[]).find(({ state }) => state === 'current');
  if (!image) throw new Error(`no current image in ${imagesDir()}: ${(await readdir(imagesDir())).join(', ')}`);
  return image.dir;
};

const measureFloor = async (image: string, run: number, accel: string): Promise<Floor> => {
  const { stdout } = await execa(join(projectDir, 'bench', 'floor.sh'), [image, join(home, `floor-${run}`), accel]);
  return JSON.parse(stdout) as Floor;
};

/** `✓ Boot and provision (24.1 s)` among the lines of progress. */
const PHASE = /^✓ (.*) \((\d+\.\d+) s\)/gm;

const measureUp = async (accel: string): Promise<Up> => {
  const begin = performance.now();
  const { stderr } = await lab('up', 'tun-basic', '--name', NAME, '--accel', accel);
  const seconds = (performance.now() - begin) / 1000;
  const { stdout } = await lab('status', NAME, '-f', 'json');
  await lab('down', NAME);
  const { nodes } = JSON.parse(stdout) as { nodes: Machine[] };
  return {
    seconds,
    machines: nodes.map(({ node, memory, cpuSeconds }) => ({ node, memory, cpuSeconds })),
    phases: Object.fromEntries([...stderr.matchAll(PHASE)].map(([, title, time]) => [title, Number(time)])),
  };
};

const median = (numbers: number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

const mean = (numbers: number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

const seconds = (value: number): string => `${value.toFixed(1)} s`;
const mebibytes = (value: number): string => `${Math.round(value / 1024 ** 2)} MiB`;

const image = await builtImage();
const accel = 'tcg';
const floors: Floor[] = [];
const ups: Up[] = [];
try {
  for (let run = 1; run <= runs; run++) {
    process.stderr.write(`run ${run} of ${runs}\n`);
    floors.push(await measureFloor(image, run, accel));
    ups.push(await measureUp(accel));
  }
} finally {
  await rm(home, { recursive: true, force: true });
  await lab('prune');
}

const ratios = ups.map((up, index) => up.seconds / (floors[index] as Floor).seconds);
const titles = Object.keys(ups[0]?.phases ?? {});
const rows = [
  [
    'whole',
    seconds(median(ups.map((up) => up.seconds))),
    seconds(median(floors.map((floor) => floor.seconds))),
    median(ratios).toFixed(2),
  ],
  ...titles.map((title) => [title, seconds(median(ups.map(({ phases }) => phases[title] ?? 0))), '', '']),
  ...(['memory', 'cpuSeconds'] as const).map((figure) => {
    const format = figure === 'memory' ? mebibytes : seconds;
    const of = (all: Floor[]) => median(all.map(({ machines }) => mean(machines.map((machine) => machine[figure]))));
    return [
      figure === 'memory' ? 'PSS a machine' : 'CPU a machine',
      format(of(ups)),
      format(of(floors)),
      (of(ups) / of(floors)).toFixed(2),
    ];
  }),
];
console.log(table([`median of ${runs}`, 'lab up', 'floor', 'ratio'], rows));
if (values.json) await writeFile(values.json, `${JSON.stringify({ accel, floors, ups, ratios }, null, 2)}\n`);

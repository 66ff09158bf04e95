/**
 * Measures `lab up tun-basic` with the image cached, every machine booted (cold) and every machine resumed from the saved
 * one (golden), beside the floor: the same five machines booted to the same readiness by plain commands
 * (bench/floor.sh). In turn, so that a busy host slows all of them.
 *
 *     node bench/up.ts [--runs N] [--json FILE] [--accel tcg|kvm]
 *
 * Prints a table; with --json, writes every figure to a file.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { table } from '../src/cli/table.ts';
import { cacheDir, projectDir } from '../src/support/paths.ts';

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

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    json: { type: 'string' },
    accel: { type: 'string', default: 'tcg' },
  },
});
const runs = Number(values.runs);
const home = await mkdtemp(join(tmpdir(), 'lab-bench-'));
const MAIN = join(projectDir, 'src', 'cli', 'main.ts');
const NAME = 'bench';

/** In a home of its own, with the images of the user's. */
const lab = (...args: string[]) =>
  execa(process.execPath, [MAIN, ...args], { stdin: 'ignore', env: { LAB_HOME: home } });

const builtImage = async (): Promise<string> => {
  await mkdir(cacheDir(), { recursive: true });
  await symlink(cacheDir(), join(home, 'cache'));
  await lab('image', 'build');
  const { stdout } = await lab('image', 'list', '-f', 'json');
  const image = (JSON.parse(stdout) as { dir: string; state: string }[]).find(({ state }) => state === 'current');
  if (!image) throw new Error(`no current image in ${cacheDir()}`);
  return image.dir;
};

const measureFloor = async (image: string, run: number, accel: string): Promise<Floor> => {
  const { stdout } = await execa(join(projectDir, 'bench', 'floor.sh'), [image, join(home, `floor-${run}`), accel]);
  return JSON.parse(stdout) as Floor;
};

/** `✓ Boot and provision (24.1 s)` among the lines of progress. */
const PHASE = /^✓ (.*) \((\d+\.\d+) s\)/gm;

const measureUp = async (...flags: string[]): Promise<Up> => {
  const begin = performance.now();
  const { stderr } = await lab('up', 'tun-basic', '--name', NAME, '--accel', accel, ...flags);
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

const { accel } = values;
const floors: Floor[] = [];
const cold: Up[] = [];
const golden: Up[] = [];
try {
  const image = await builtImage();
  // Saves the machine that the others are resumed from.
  await measureUp();
  for (let run = 1; run <= runs; run++) {
    process.stderr.write(`run ${run} of ${runs}\n`);
    floors.push(await measureFloor(image, run, accel));
    cold.push(await measureUp('--cold'));
    golden.push(await measureUp());
  }
} finally {
  await lab('down', '--all');
  await rm(home, { recursive: true, force: true });
}

/** The median of a figure over the runs, of each way to come up; of the ratio to the floor of the same run. */
const row = (title: string, figure: (each: Floor) => number, format: (value: number) => string): string[] => {
  const ratio = (ups: Up[]) => median(ups.map((up, run) => figure(up) / figure(floors[run] as Floor))).toFixed(2);
  const value = (all: Floor[]) => format(median(all.map(figure)));
  return [title, value(floors), value(cold), ratio(cold), value(golden), ratio(golden)];
};

const phaseRow = (title: string): string[] => {
  const value = (ups: Up[]) => seconds(median(ups.map(({ phases }) => phases[title] ?? 0)));
  return [title, '', value(cold), '', value(golden), ''];
};

const rows = [
  row('whole', (each) => each.seconds, seconds),
  ...Object.keys(cold[0]?.phases ?? {}).map(phaseRow),
  row('PSS a machine', ({ machines }) => mean(machines.map(({ memory }) => memory)), mebibytes),
  row('CPU a machine', ({ machines }) => mean(machines.map(({ cpuSeconds }) => cpuSeconds)), seconds),
];
console.log(table([`median of ${runs}`, 'floor', 'cold up', 'ratio', 'golden up', 'ratio'], rows));
if (values.json) await writeFile(values.json, `${JSON.stringify({ accel, floors, cold, golden }, null, 2)}\n`);

import { constants } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { cacheDir, imagesDir, projectDir } from '../src/support/paths.ts';
import type { Machine, Up } from './figures.ts';

/** As `./lab` starts it. */
const MAIN = join(projectDir, 'dist', 'cli', 'main.js');

/** The lab that is measured. */
export const LAB = 'tun-basic';

const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => ended.abort(new Error(`${signal}: the benchmark was ended`)));

/** Aborted when the benchmark is to end, so that it takes down what runs. */
export const interrupted: AbortSignal = ended.signal;

/** Milliseconds in which a `lab` that is ended takes its machines down. */
const ENDING_BUDGET = 60_000;

/** The line of progress by which the strict turns of rr are proven. */
const PROVEN = /Verify: rotation: pass/;

/** `✓ Boot and provision (24.1 s)` among the lines of progress. */
const PHASE = /^✓ (.*) \((\d+\.\d+) s\)/gm;

interface Cached {
  kind: string;
  dir: string;
  state: string;
}

/**
 * A home of the benchmarks' own, with copies of the user's images, beside them so that files behave as they do there.
 * What is saved is saved in it: a saved machine knows the paths of its image.
 */
export class Home {
  readonly dir: string;
  readonly #accel: string;

  private constructor(dir: string, accel: string) {
    this.dir = dir;
    this.#accel = accel;
  }

  static async create(accel: string): Promise<Home> {
    await execa(process.execPath, [join(projectDir, 'scripts', 'bundle.ts')], { stdin: 'ignore' });
    // Built for the user, who will want it, too.
    await execa(process.execPath, [MAIN, 'image', 'build'], { stdin: 'ignore' });
    const home = new Home(await mkdtemp(join(cacheDir(), 'bench-')), accel);
    const images = join(home.dir, 'cache', 'images');
    await mkdir(images, { recursive: true });
    for (const id of (await readdir(imagesDir())).filter((name) => !name.startsWith('.'))) {
      await cp(join(imagesDir(), id), join(images, id), {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        filter: (path) => !basename(path).startsWith('golden-'),
      });
    }
    return home;
  }

  /** Runs `lab` there and gives what it printed. @throws Error when it fails. */
  async lab(...args: string[]): Promise<string> {
    return (await this.#start(args, interrupted)).stdout;
  }

  /** Runs `lab test` there and gives its document and exit code, red or green; progress goes where this process writes its own. */
  async test(...args: string[]): Promise<{ stdout: string; exitCode: number }> {
    const { stdout, exitCode, signal } = await execa(process.execPath, [MAIN, 'test', ...args, '-f', 'json'], {
      stdin: 'ignore',
      stderr: 'inherit',
      env: { LAB_HOME: this.dir },
      reject: false,
      cancelSignal: interrupted,
      forceKillAfterDelay: ENDING_BUDGET,
    });
    if (exitCode === undefined) throw new Error(`lab test was ended by ${signal}`);
    return { stdout, exitCode };
  }

  #start(args: string[], cancelSignal?: AbortSignal) {
    return execa(process.execPath, [MAIN, ...args], {
      stdin: 'ignore',
      env: { LAB_HOME: this.dir },
      ...(cancelSignal && { cancelSignal, forceKillAfterDelay: ENDING_BUDGET }),
    });
  }

  /** Brings the lab up as the instance `name`, and measures that; in seconds since `begin`. */
  async up(name: string, flags: string[] = [], begin = performance.now()): Promise<Up> {
    const since = () => (performance.now() - begin) / 1000;
    const command = this.#start(['up', LAB, '--name', name, '--accel', this.#accel, ...flags], interrupted);
    let [proven, report, told] = [Number.NaN, Number.NaN, ''];
    command.stdout.once('data', () => {
      report = since();
    });
    command.stderr.on('data', (chunk: Buffer) => {
      told += chunk;
      if (Number.isNaN(proven) && PROVEN.test(told)) proven = since();
    });
    await command;
    const end = since();
    if (Number.isNaN(proven)) throw new Error(`lab up ${LAB} proved no rotation:\n${told}`);
    const phases = Object.fromEntries([...told.matchAll(PHASE)].map(([, title, time]) => [title, Number(time)]));
    return { seconds: proven, report, end, phases, machines: await this.machines(name) };
  }

  async machines(name: string): Promise<Machine[]> {
    const { nodes } = JSON.parse(await this.lab('status', name, '-f', 'json')) as { nodes: Machine[] };
    return nodes.map(({ node, memory, cpuSeconds }) => ({ node, memory, cpuSeconds }));
  }

  /** Brings the lab up, saves it and takes it down: what is saved is the same whatever it comes from. */
  async save(): Promise<Up> {
    await this.forget();
    const up = await this.up('saved');
    await this.lab('down', 'saved');
    return up;
  }

  /** Removes what was saved of labs; golden machines stay. */
  async forget(): Promise<void> {
    await this.lab('image', 'prune', '--limit', '0');
  }

  /** Directory of the image, or of the saved lab. */
  async directoryOf(kind: 'image' | 'lab'): Promise<string> {
    const cached = JSON.parse(await this.lab('image', 'list', '-f', 'json')) as Cached[];
    const found = cached.find((each) => each.kind === kind && ['current', 'saved'].includes(each.state));
    if (!found) throw new Error(`${this.dir} has no ${kind}`);
    return found.dir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#start(['down', '--all']);
    await rm(this.dir, { recursive: true, force: true });
  }
}

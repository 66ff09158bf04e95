import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa, type Options } from 'execa';
import { afterAll } from 'vitest';
import { MAIN } from './command-line.ts';
import { homeOfWorker } from './homes.ts';

/**
 * Where the tests keep images and instances, never the user's own LAB_HOME: they end by taking everything down. Files that
 * run at the same time have homes of their own.
 */
export const LAB_HOME = homeOfWorker(Number(process.env.VITEST_POOL_ID ?? 1));

/** Sockets of this test file's instances, and so a mark in every process that they start. */
export const RUN_BASE = mkdtempSync(join(tmpdir(), 'le-'));

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const environment = (env: Record<string, string | undefined> = {}): Record<string, string | undefined> => ({
  ...process.env,
  LAB_HOME,
  XDG_RUNTIME_DIR: RUN_BASE,
  CI: 'true',
  // A lab that is resumed as it was saved passes no phase of coming up; the tests of saved states say otherwise.
  LAB_STATES_MAX: process.env.LAB_STATES_MAX ?? '0',
  ...env,
});

/** Starts `lab` as its own process, as a user does. */
export const startLab = (
  args: string[],
  { env, ...options }: Options & { env?: Record<string, string | undefined> } = {},
) =>
  execa(process.execPath, [MAIN, ...args], {
    env: environment(env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    ...options,
  });

/** Ends when the process has printed something that matches, on either stream. */
export const printed = (process: ReturnType<typeof startLab>, pattern: RegExp): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve();
    };
    process.stdout?.on('data', take);
    process.stderr?.on('data', take);
    void process.then(() => reject(new Error(`ended without printing ${pattern}:\n${text}`)));
  });

/** Runs `lab` and gives what it printed and its exit code. */
export const lab = async (args: string[], env?: Record<string, string | undefined>): Promise<Outcome> => {
  const { exitCode, stdout, stderr } = await startLab(args, env ? { env } : {});
  return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
};

/** Runs `lab` and throws, with all it printed, unless it ends well. */
export const labMust = async (...args: string[]): Promise<Outcome> => {
  const outcome = await lab(args);
  if (outcome.exitCode !== 0)
    throw new Error(`lab ${args.join(' ')}: exit code ${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`);
  return outcome;
};

/** Runs a shell command line on a node and gives its standard output. */
export const onNode = async (instance: string, node: string, command: string): Promise<string> =>
  (await labMust('exec', instance, node, command)).stdout;

/** Command lines of the machines and switches of this test file that run, zombies left out. */
export const processesLeft = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const ours =
          /^(qemu-system-|vde_switch)/.test(basename(argv[0] ?? '')) && argv.some((arg) => arg.includes(RUN_BASE));
        return ours ? [argv.join(' ')] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    });

/** What is left on disk of this test file's instances: sockets, and directories of instances by that name. */
export const filesLeft = (...instances: string[]): string[] => {
  const present = (dir: string) => {
    try {
      return readdirSync(dir);
    } catch {
      return [];
    }
  };
  return [
    ...present(RUN_BASE),
    ...present(join(LAB_HOME, 'state', 'instances')).filter((name) => instances.includes(name)),
  ];
};

/** A lab of one machine that takes no more than one boot. */
export const writeTinyLab = async (name: string): Promise<string> => {
  const dir = join(RUN_BASE, '..', `${basename(RUN_BASE)}-labs`);
  await mkdir(dir, { recursive: true });
  const file = join(dir, `${name}.yaml`);
  await writeFile(
    file,
    `name: ${name}\nsummary: one machine on one segment\nsegments: { lan: 192.168.7.0/24 }\nnodes: { one: { links: { lan: 192.168.7.1 } } }\n`,
  );
  return file;
};

afterAll(async () => {
  await rm(RUN_BASE, { recursive: true, force: true });
  await rm(`${RUN_BASE}-labs`, { recursive: true, force: true });
});

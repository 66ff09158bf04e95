import { readFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { qemuBinary } from '../src/providers/qemu/accelerator.ts';

/** What a machine had used when it was looked at: PSS in bytes, and CPU seconds since its process began. */
export interface Machine {
  node: string;
  memory: number;
  cpuSeconds: number;
}

/** One way to bring the machines up: seconds until the rotation was proven. */
export interface Proof {
  seconds: number;
  machines: Machine[];
}

/** What bench/floor.ts prints. */
export interface Floor extends Proof {
  stages: { name: string; seconds: number; cpuSeconds: number }[];
}

export interface Up extends Proof {
  /** Seconds until the report was printed. */
  report: number;
  /** Seconds until the command had ended. */
  end: number;
  /** Seconds of each step, by its title. */
  phases: Record<string, number>;
}

/** The ways in which a lab comes up. */
export const WAYS = ['cold', 'golden', 'warm'] as const;
export type Way = (typeof WAYS)[number];

export type UpRun = Record<Way, { floor: Floor; up: Up }> & {
  /** Load of the host when the run began, over the minute before. */
  load: number;
  /** Seconds that saving a lab takes once its report is printed. */
  saving: number;
  /** Seconds of `lab reset`. */
  reset: number;
};

/** Several labs: seconds from the first start until the first proof, the last, and the end of the last command. */
export interface Several {
  first: number;
  last: number;
  end: number;
}

export interface ManyRun {
  way: Way;
  labs: number;
  atOnce: Several & { machines: Machine[] };
  inTurn: Several;
}

/** Every lab tested and proven by its sabotages. */
export interface RegressionRun {
  /** From the first lab's start to the last one's end. */
  seconds: number;
  exitCode: number;
  /** Seconds of a lab hold what it waited for others. */
  labs: {
    lab: string;
    seconds: number;
    red: string[];
    checks: number;
    proofs: { sabotage: string; seconds: number }[];
  }[];
}

export interface Host {
  /** ISO 8601. */
  date: string;
  cores: number;
  processor: string;
  /** Bytes. */
  memory: number;
  kernel: string;
  qemu: string;
  node: string;
  accelerator: string;
}

export interface Figures {
  up?: { host: Host; runs: UpRun[] };
  many?: { host: Host; runs: ManyRun[] };
  regression?: { host: Host; runs: RegressionRun[] };
}

export const describeHost = async (accelerator: string): Promise<Host> => {
  const { stdout } = await execa(qemuBinary(), ['--version']);
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memory: totalmem(),
    kernel: release(),
    qemu: stdout.match(/version (\S+)/)?.[1] ?? stdout,
    node: process.version,
    accelerator,
  };
};

/** The figures in a file; none where it is not there. */
export const readFigures = async (file: string): Promise<Figures> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Figures;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
};

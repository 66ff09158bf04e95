import { readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { LabError } from './errors.ts';

/** One process and no other: process ids are used again, and start over after a reboot; a pid with its start is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the host's own terms: comparable, not readable. */
  readonly started: string;
}

/** What proves that a value of a record is one. */
export const processIdentitySchema = z.strictObject({ pid: z.int(), started: z.string() });

/** Milliseconds a process may take to go after SIGKILL: the kernel first lets it finish what it does with the disk. */
const KILL_BUDGET = 10_000;

/** The identity of a live process; undefined when there is none of that pid, or only a zombie. */
export const identify = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const started = await startOf(pid);
  return started === undefined ? undefined : { pid, started };
};

/** Whether that very process still runs. */
export const isAlive = async ({ pid, started }: ProcessIdentity): Promise<boolean> => (await startOf(pid)) === started;

/**
 * Ends a process with SIGTERM and, when it lives on after `grace` milliseconds, with SIGKILL. Gives back when it is
 * gone; at once when it was already, also when another process has its pid by now.
 * @throws LabError when it belongs to another user or cannot be killed.
 */
export const endProcess = async (process: ProcessIdentity, { grace }: { grace: number }): Promise<void> => {
  await signalProcess(process, 'SIGTERM');
  // A stopped process hears SIGTERM only when it runs again.
  await signalProcess(process, 'SIGCONT');
  if (await isGoneWithin(process, grace)) return;
  await signalProcess(process, 'SIGKILL');
  if (await isGoneWithin(process, KILL_BUDGET)) return;
  throw new LabError({
    tried: `end process ${process.pid}`,
    happened: `it still runs ${KILL_BUDGET / 1000} s after SIGKILL, most likely waiting for a disk`,
    next: `look at it with: ps -o pid,stat,wchan:20,args -p ${process.pid}`,
  });
};

/** Live processes of this user, other than this one, that have `mark` somewhere in one of their arguments. */
export const findByMark = async (mark: string): Promise<{ identity: ProcessIdentity; argv: string[] }[]> => {
  const candidates = globalThis.process.platform === 'linux' ? await linuxCommandLines() : await psCommandLines();
  const marked = candidates.filter(
    ({ pid, argv }) => pid !== globalThis.process.pid && argv.some((each) => each.includes(mark)),
  );
  const found = await Promise.all(
    marked.map(async ({ pid, argv }) => {
      const identity = await identify(pid);
      return identity && { identity, argv };
    }),
  );
  return found.filter((each) => each !== undefined);
};

/** Sends a signal, unless the process is gone. Between the look and the signal no system but Linux's pidfd is safe. */
const signalProcess = async (process: ProcessIdentity, signal: NodeJS.Signals): Promise<void> => {
  if (!(await isAlive(process))) return;
  try {
    globalThis.process.kill(process.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new LabError({
      tried: `end process ${process.pid}`,
      happened: error instanceof Error ? error.message : String(error),
      next: 'it belongs to another user: end it as that user or as root',
      cause: error,
    });
  }
};

const isGoneWithin = async (process: ProcessIdentity, budget: number): Promise<boolean> => {
  const deadline = performance.now() + budget;
  for (let pause = 2; await isAlive(process); pause = Math.min(pause * 2, 100)) {
    if (performance.now() >= deadline) return false;
    await sleep(pause);
  }
  return true;
};

const startOf = (pid: number): Promise<string | undefined> =>
  globalThis.process.platform === 'linux' ? linuxStartOf(pid) : psStartOf(pid);

/** Boot id and field 22 of /proc/PID/stat, the start in clock ticks after boot (proc_pid_stat(5)). */
const linuxStartOf = async (pid: number): Promise<string | undefined> => {
  try {
    const [line, boot] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), bootId()]);
    // The second field is the command's name in parentheses, which may hold spaces and parentheses itself.
    const [state, ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : `${boot}:${rest[18]}`;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
};

const bootId = async (): Promise<string> => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();

const psStartOf = async (pid: number): Promise<string | undefined> => {
  const { stdout } = await execa('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    reject: false,
    env: { LC_ALL: 'C' },
  });
  const [state, ...started] = stdout.trim().split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : started.join(' ');
};

interface CommandLine {
  pid: number;
  argv: string[];
}

const linuxCommandLines = async (): Promise<CommandLine[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(
    pids.map(async (pid) => {
      try {
        if ((await stat(`/proc/${pid}`)).uid !== globalThis.process.geteuid?.()) return undefined;
        const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
        return { pid, argv };
      } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
      }
    }),
  );
  return lines.filter((each) => each !== undefined);
};

/** Like `linuxCommandLines`, from ps, which does not tell where an argument with spaces ends. */
const psCommandLines = async (): Promise<CommandLine[]> => {
  const { stdout } = await execa('ps', ['-x', '-ww', '-o', 'pid=,command=']);
  return stdout.split('\n').map((line) => {
    const [pid, ...argv] = line.trim().split(/\s+/);
    return { pid: Number(pid), argv };
  });
};

/** Whether a file of /proc could not be read because its process had ended. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');

import { execa } from 'execa';
import { LabError } from '../support/errors.ts';

/** Seconds to wait for another apt, such as that of unattended upgrades, to give the lock back. */
const LOCK_TIMEOUT = 300;
/** Lines of apt's output that an error shows. */
const TAIL = 20;

export interface AptOptions {
  /** The command that makes the rest run as root: `[]`, `['sudo']` or `['sudo', '-n']`. */
  asRoot: readonly string[];
  notify: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Installs Debian packages. Package lists that are missing or too old are fetched, once.
 * @throws LabError with the last lines of apt's output; the signal's reason when that aborts.
 */
export const aptInstall = async (packages: readonly string[], options: AptOptions): Promise<void> => {
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  // Lists that know the packages may still name files that the archive has replaced, and then the download fails.
  if ((await listsKnow(packages)) && !(await aptGet(install, options)).failed) return;
  for (const command of [['update'], install]) {
    const { failed, tail } = await aptGet(command, options);
    if (!failed) continue;
    throw new LabError({
      tried: `install ${packages.join(', ')}`,
      happened: `apt-get ${command[0]} failed:\n${tail}`,
      next: `mend that, or install them yourself: sudo apt-get ${install.filter((each) => each !== '--yes').join(' ')}`,
    });
  }
};

const listsKnow = async (packages: readonly string[]): Promise<boolean> => {
  const { failed } = await execa('apt-cache', ['show', '--no-all-versions', ...packages], {
    reject: false,
    stdout: 'ignore',
  });
  return !failed;
};

/** One run of apt-get that asks nothing. */
const aptGet = async (
  args: readonly string[],
  { asRoot, notify, signal }: AptOptions,
): Promise<{ failed: boolean; tail: string }> => {
  signal.throwIfAborted();
  // sudo hands no variables on, so env(1) sets them behind it.
  const command = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', 'apt-get'];
  const quiet = ['--quiet', `-oDPkg::Lock::Timeout=${LOCK_TIMEOUT}`, '-oDpkg::Use-Pty=0'];
  const [program, ...rest] = [...command, ...quiet, ...args] as [string, ...string[]];
  const run = execa(program, rest, {
    reject: false,
    all: true,
    // Where sudo asks for a password, it does so on the terminal.
    stdin: 'inherit',
    lines: true,
    cancelSignal: signal,
    // dpkg must not be killed half-way through unpacking.
    forceKillAfterDelay: false,
  });
  for await (const line of run.iterable({ from: 'all' })) notify(line);
  const { failed, all } = await run;
  signal.throwIfAborted();
  return {
    failed,
    tail: all
      .filter((line) => line.trim() !== '')
      .slice(-TAIL)
      .join('\n'),
  };
};

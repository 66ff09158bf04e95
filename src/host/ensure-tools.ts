import { createInterface } from 'node:readline/promises';
import { execa } from 'execa';
import { LabError } from '../support/errors.ts';
import { aptInstall } from './apt.ts';
import { installCommand } from './install-command.ts';
import { isRoot, packageManager } from './system.ts';
import { findTool, missingTools, packagesFor, type ToolName } from './tools.ts';

export interface EnsureOptions {
  /** Install without asking, as `CI=true` does. */
  yes: boolean;
  /** Whether a person can be asked. */
  interactive: boolean;
  /** Told what goes on, a line at a time. */
  notify: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Sees to it that the host has the tools: installs what is missing on Debian and its like, all at once, where the user
 * lets us and we may. A password is asked for on a terminal only.
 * @throws LabError that names what is missing and the command that installs it.
 */
export const ensureTools = async (need: readonly ToolName[], options: EnsureOptions): Promise<void> => {
  const missing = await missingTools(need);
  if (missing.length === 0) return;
  const manager = await packageManager();
  const command = manager && installCommand(missing, manager);
  const refuse = (why = '') => cannotRun(missing, why, command);
  if (manager !== 'apt' || !command) throw refuse();
  const { packages } = packagesFor(missing, manager);

  const unasked = await rootUnasked();
  const asRoot = unasked ?? (options.interactive && (await findTool('sudo')) ? ['sudo'] : undefined);
  const wanted =
    options.yes || isCi() || (options.interactive && asRoot && (await agrees(missing, command, options.signal)));
  if (!wanted) throw refuse();
  if (!asRoot) throw refuse('; to install that, lab must be root or allowed to use sudo without a password');

  await aptInstall(packages, { asRoot, notify: options.notify, signal: options.signal });
  const still = await missingTools(missing);
  if (still.length > 0) throw cannotRun(still, `, although ${packages.join(', ')} were installed`, undefined);
};

/** What makes a command run as root without asking anybody, if anything does. */
const rootUnasked = async (): Promise<string[] | undefined> => {
  if (isRoot()) return [];
  const { failed } = await execa('sudo', ['-n', 'true'], { reject: false, stdio: 'ignore' });
  return failed ? undefined : ['sudo', '-n'];
};

/** Whether this is a machine of continuous integration, which nobody minds having packages installed on. */
export const isCi = (): boolean => ['1', 'true'].includes(process.env.CI ?? '');

/** Asks on the terminal; an empty answer is a yes. */
const agrees = async (missing: readonly ToolName[], command: string, signal: AbortSignal): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question = `This needs ${missing.join(', ')}. Install with "${command}"? [Y/n] `;
    const answer = await terminal.question(question, { signal });
    return /^(y|yes|)$/i.test(answer.trim());
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
  }
};

const cannotRun = (missing: readonly ToolName[], why: string, command: string | undefined): LabError =>
  new LabError({
    tried: 'use this host',
    happened: `it has no ${missing.join(', ')}${why}`,
    next: command ? `install with: ${command}` : 'install the packages of your system that hold these programs',
  });

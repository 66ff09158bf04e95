import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import { isCi } from '../../host/ensure-tools.ts';
import type { ToolName } from '../../host/tools.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { projectDir } from '../../support/paths.ts';
import { readyHost } from '../host.ts';
import type { Session } from '../session.ts';

/** What some tests run beside what `lab` needs. Elsewhere than in CI those are skipped where it is missing. */
const ciTools = ({ providers }: Session): ToolName[] => [
  ...providers.named('libvirt').tools,
  ...(['ip', 'unshare', 'tcpdump', 'dnf', 'rpmbuild', 'createrepo_c'] as const),
];

/** What the project holds true of itself, the quick first. */
const STAGES: [title: string, command: string, ...args: string[]][] = [
  ['Type check', 'tsc'],
  ['Lint', 'biome', 'check'],
  ['Unit tests, shellcheck of the scripts', 'vitest', 'run', '--project', 'unit'],
  ['End-to-end tests on real machines', 'vitest', 'run', '--project', 'e2e'],
];

export const selftest = (program: Command, session: Session): void => {
  program
    .command('selftest')
    .summary('test lab itself, in a checkout')
    .description(
      'Tests lab itself: type check, lint, unit tests, shellcheck of the generated scripts, end-to-end tests on real machines.',
    )
    .option('--full', 'prove everything, for nights and releases: each lab however it comes up, each rendered folder')
    .option('-y, --yes', 'install what the host lacks without asking')
    .action(async (flags: { full?: boolean; yes?: boolean }) => {
      await inCheckout('selftest');
      await readyHost(session, { yes: flags.yes, more: ['shellcheck', ...(isCi() ? ciTools(session) : [])] });
      for (const [title, command, ...args] of STAGES) {
        session.tell(`\n== ${title}`);
        const env: Record<string, string> = flags.full ? { LAB_TEST_FULL: '1' } : {};
        const { exitCode } = await runTool(command, args, session.signal, env);
        if (exitCode === 0) continue;
        session.tell(`\n${title}: failed`);
        session.exitCode = ExitCode.checkFailed;
        return;
      }
      session.tell('\nAll of it passed.');
    });
};

/** Runs a tool of the project's own dependencies with its output shown. */
export const runTool = (command: string, args: string[], signal: AbortSignal, env: Record<string, string> = {}) =>
  execa(command, args, {
    cwd: projectDir,
    env,
    preferLocal: true,
    localDir: projectDir,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    cancelSignal: signal,
    // Long enough for the machines of a test to be taken down.
    forceKillAfterDelay: 60_000,
  });

/** @throws LabError, exit code 4, where lab is installed without its tests. */
export const inCheckout = async (command: string): Promise<void> => {
  if (await stat(join(projectDir, 'test')).catch(() => undefined)) return;
  throw new LabError({
    tried: `run ${command}`,
    happened: 'this lab is installed as a package, without its tests and benchmarks',
    next: "run it in a checkout of lab's repository",
    exitCode: ExitCode.skipped,
  });
};

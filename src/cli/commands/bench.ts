import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import { ExitCode, LabError } from '../../support/errors.ts';
import { projectDir } from '../../support/paths.ts';
import { readyHost } from '../host.ts';
import type { Session } from '../session.ts';
import { inCheckout } from './selftest.ts';

/** What can be measured: each a script of that name in bench/. */
const BENCHMARKS = ['up', 'many', 'regression', 'diagnose'];

/** Milliseconds that a benchmark which is ended has to take its machines down. */
const ENDING_BUDGET = 90_000;

export const bench = (program: Command, session: Session): void => {
  program
    .command('bench')
    .summary('measure `lab up` beside the same machines brought up bare, in a checkout')
    .description(
      'Measures `lab up` beside the same machines brought up by plain QEMU commands (up), and several labs at once beside as many in turn (many); times the regression of all labs with their sabotages (regression); sees what `lab diagnose` names for single mistakes in instances that are up (diagnose).',
    )
    .argument('[benchmark]', `one of ${BENCHMARKS.join(', ')}`, BENCHMARKS[0])
    .argument('[options...]', 'for the script in bench/: --runs, --labs, --json, --report; instances for diagnose')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (first: string, rest: string[]) => {
      await inCheckout('bench');
      // Options may follow `bench` at once, as those of the first benchmark.
      const [benchmark, args] = first.startsWith('-') ? [BENCHMARKS[0], [first, ...rest]] : [first, rest];
      if (!BENCHMARKS.includes(benchmark as string)) {
        throw new LabError({
          tried: `measure ${benchmark}`,
          happened: 'there is no such benchmark',
          next: `choose one of ${BENCHMARKS.join(', ')}`,
          exitCode: ExitCode.usage,
        });
      }
      await readyHost(session, {});
      const { exitCode } = await execa(process.execPath, [join(projectDir, 'bench', `${benchmark}.ts`), ...args], {
        stdio: 'inherit',
        reject: false,
        cancelSignal: session.signal,
        forceKillAfterDelay: ENDING_BUDGET,
      });
      session.exitCode = (exitCode ?? 1) as ExitCode;
    });
};

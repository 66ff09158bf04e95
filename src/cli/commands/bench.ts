import { join } from 'node:path';
import type { Command } from 'commander';
import { execa } from 'execa';
import type { ExitCode } from '../../support/errors.ts';
import { projectDir } from '../../support/paths.ts';
import { readyHost } from '../host.ts';
import type { Session } from '../session.ts';
import { inCheckout } from './selftest.ts';

export const bench = (program: Command, session: Session): void => {
  program
    .command('bench')
    .summary('measure `lab up` beside the same machines booted bare, in a checkout')
    .argument('[arguments...]', 'for bench/up.ts')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (args: string[]) => {
      await inCheckout('bench');
      await readyHost(session, {});
      const { exitCode } = await execa(process.execPath, [join(projectDir, 'bench', 'up.ts'), ...args], {
        stdio: 'inherit',
        reject: false,
        cancelSignal: session.signal,
      });
      session.exitCode = (exitCode ?? 1) as ExitCode;
    });
};

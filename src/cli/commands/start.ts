import type { Command } from 'commander';
import { start as startInstance } from '../../instances/life/start.ts';
import { bootTimeoutOption, milliseconds } from '../options.ts';
import type { Session } from '../session.ts';

export const start = (program: Command, session: Session): void => {
  program
    .command('start')
    .summary('start the machines of a stopped instance')
    .argument('<instance>')
    .addOption(bootTimeoutOption())
    .action((name: string, flags: { bootTimeout?: number }) =>
      startInstance(session.providers, name, session.show, session.signal, milliseconds(flags.bootTimeout)),
    );
};

import type { Command } from 'commander';
import { reset as resetInstance } from '../../instances/states/rewind.ts';
import type { Session } from '../session.ts';

export const reset = (program: Command, session: Session): void => {
  program
    .command('reset')
    .summary('put an instance back to where it was when it had just come up')
    .description(
      'Puts an instance back to the moment at which it had just come up and been verified: memory, disks and connections.\nWhat was done on it since is gone.',
    )
    .argument('<instance>')
    .action((name: string) => resetInstance(session.providers, name, session.show, session.signal));
};

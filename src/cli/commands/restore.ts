import type { Command } from 'commander';
import { restoreMoment } from '../../instances/states/moments.ts';
import type { Session } from '../session.ts';

export const restore = (program: Command, session: Session): void => {
  program
    .command('restore')
    .summary('put an instance back to a moment that was saved')
    .description(
      'Puts an instance back to a moment that `lab save` saved, also where the instance was taken down since.\nWhat was done on it after that moment is gone.',
    )
    .argument('<instance>')
    .argument('<moment>')
    .action((instance: string, name: string) =>
      restoreMoment(session.providers, instance, name, session.show, session.signal),
    );
};

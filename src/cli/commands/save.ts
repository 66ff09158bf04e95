import type { Command } from 'commander';
import { saveMoment } from '../../instances/states/moments.ts';
import type { Session } from '../session.ts';

export const save = (program: Command, session: Session): void => {
  program
    .command('save')
    .summary('save an instance as it is now, under a name')
    .description(
      'Saves an instance as it is at this moment, memory and disks, to be put back to with `lab restore`.\nIts machines stand still for a second or two and run on. The moment outlives the instance; `lab image list` shows it.',
    )
    .argument('<instance>')
    .argument('<moment>', 'name of the moment: exercise-3')
    .option('--force', 'replace a moment of that name')
    .action((instance: string, name: string, flags: { force?: boolean }) =>
      saveMoment(session.providers, { instance, name, force: flags.force === true }, session.show, session.signal),
    );
};

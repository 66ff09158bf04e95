import type { Command } from 'commander';
import { down as takeDown } from '../../instances/life/down.ts';
import { instanceNames } from '../../instances/store.ts';
import { told } from '../../instances/told.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import type { Session } from '../session.ts';

export const down = (program: Command, session: Session): void => {
  program
    .command('down')
    .alias('destroy')
    .summary('remove instances whole')
    .description('Removes instances whole: machines, segments, disks, keys.')
    .argument('[instance...]', 'names of instances')
    .option('-a, --all', 'every instance')
    .action(async (given: string[], flags: { all?: boolean }) => {
      const names = flags.all ? await instanceNames() : given;
      if (names.length === 0 && !flags.all) {
        throw new LabError({
          tried: 'take something down',
          happened: 'no instance was named',
          next: 'see `lab list`, or use --all',
          exitCode: ExitCode.usage,
        });
      }
      await session.show.steps(
        names.map((name) => ({
          title: `Take down ${name}`,
          run: ({ say }) => takeDown(session.providers, name, told(say)),
        })),
        // Halfway down is no state to be left in.
        { interruptible: false },
      );
    });
};

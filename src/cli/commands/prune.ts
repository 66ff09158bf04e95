import type { Command } from 'commander';
import { prune as pruneAll } from '../../instances/life/prune.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';

export const prune = (program: Command, session: Session): void => {
  program
    .command('prune')
    .summary('remove what killed runs left behind')
    .description('Removes what killed runs of lab left behind. Instances that are up or stopped are left alone.')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const removed = await pruneAll(session.providers);
      if (flags.format === 'json') session.print(JSON.stringify({ removed }));
      else
        session.print(
          removed.length === 0 ? 'Nothing was left behind.' : removed.map((line) => `removed ${line}`).join('\n'),
        );
    });
};

import type { Command } from 'commander';
import { allInstances } from '../../instances/looking/status.ts';
import { listLabs } from '../../lab/find.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

export const list = (program: Command, session: Session): void => {
  program
    .command('list')
    .alias('ls')
    .summary('list the labs, and the instances that there are')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const [labs, instances] = await Promise.all([listLabs(), allInstances()]);
      if (flags.format === 'json') return session.print(JSON.stringify({ labs, instances }, null, 2));
      session.print(
        table(
          ['lab', 'summary'],
          labs.map((lab) => [lab.name, lab.summary]),
        ),
      );
      session.print('');
      if (instances.length === 0) return session.print('No instance is up. Bring one up: lab up tun-basic');
      session.print(
        table(
          ['instance', 'lab', 'provider', 'state', 'since'],
          instances.map((each) =>
            'leftBehind' in each
              ? [
                  each.name,
                  each.lab,
                  each.provider,
                  each.leftBehind ? 'left behind: lab prune' : each.phase,
                  each.created,
                ]
              : [each.name, '?', '?', whyUnread(each), ''],
          ),
        ),
      );
    });
};

const whyUnread = (each: { name: string }): string =>
  'newer' in each ? 'made by a newer lab' : 'damaged: remove it with lab down';

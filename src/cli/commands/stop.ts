import type { Command } from 'commander';
import { stop as stopInstance } from '../../instances/life/stop.ts';
import type { Session } from '../session.ts';

export const stop = (program: Command, session: Session): void => {
  program
    .command('stop')
    .summary("shut an instance's machines down, and keep their disks")
    .argument('<instance>')
    .action((name: string) => stopInstance(session.providers, name, session.show));
};

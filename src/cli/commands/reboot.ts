import type { Command } from 'commander';
import { rebootNodes } from '../../instances/life/reboot.ts';
import { instanceNamed } from '../../instances/store.ts';
import { nodesIn } from '../nodes.ts';
import type { Session } from '../session.ts';

export const reboot = (program: Command, session: Session): void => {
  program
    .command('reboot')
    .summary('reboot nodes, and wait until they are ready again')
    .argument('<instance>')
    .argument('[nodes]', 'a node, several with commas between, or `all`', 'all')
    .action(async (name: string, words: string) => {
      const instance = await instanceNamed(name);
      await rebootNodes(session.providers, instance, nodesIn(instance.definition, words), session.show, session.signal);
    });
};

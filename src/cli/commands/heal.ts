import type { Command } from 'commander';
import { heal as undoFaults } from '../../instances/disturbing/faults.ts';
import { faultsOf } from '../../instances/looking/status.ts';
import { instanceNamed } from '../../instances/store.ts';
import { wholeNumber } from '../options.ts';
import type { Session } from '../session.ts';

export const heal = (program: Command, session: Session): void => {
  program
    .command('heal')
    .summary('undo the faults of an instance')
    .description('Undoes all faults that `lab fault` made, also after it was killed; or those of these numbers.')
    .argument('<instance>')
    .argument('[number...]', 'of faults, as `lab fault INSTANCE` shows them', (text: string, before: number[] = []) => [
      ...before,
      wholeNumber(1, 100_000)(text),
    ])
    .action(async (name: string, numbers: number[]) => {
      await instanceNamed(name);
      const chosen = numbers.length > 0 ? numbers : undefined;
      if (!chosen && (await faultsOf(name)).length === 0) return session.print(`${name} has no faults`);
      await undoFaults(session.providers, name, chosen, session.show, session.signal);
    });
};

import { Argument, type Command } from 'commander';
import { allInstances } from '../../instances/looking/status.ts';
import { listMoments } from '../../instances/states/moments.ts';
import { readInstance } from '../../instances/store.ts';
import { listLabs } from '../../lab/find.ts';
import { completionScript, SHELLS, type Shell } from '../completion.ts';
import type { Session } from '../session.ts';

export const completion = (program: Command, session: Session): void => {
  program
    .command('completion')
    .summary('print the completion script of a shell')
    .description('Prints a completion script. For bash: eval "$(lab completion bash)"')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => session.print(completionScript(program, shell)));
};

/** What the completion scripts ask for: names, one a line. Says nothing at all where something is wrong. */
export const complete = (program: Command, session: Session): void => {
  program
    .command('__complete', { hidden: true })
    .argument('<kind>')
    .argument('[instance]')
    .action(async (kind: string, instance?: string) => {
      const names = await namesOf(kind, instance).catch(() => []);
      if (names.length > 0) session.print(names.join('\n'));
    });
};

const namesOf = async (kind: string, instance?: string): Promise<string[]> => {
  const labs = async () => (await listLabs()).map(({ name }) => name);
  const instances = async () => (await allInstances()).map(({ name }) => name);
  if (kind === 'labs') return labs();
  if (kind === 'instances') return instances();
  if (kind === 'labs-and-instances') return [...new Set([...(await labs()), ...(await instances())])];
  if (kind === 'moments' && instance) return (await listMoments(instance)).map(({ name }) => name);
  if (kind === 'nodes' && instance)
    return (await readInstance(instance))?.definition.nodes.map(({ name }) => name) ?? [];
  return [];
};

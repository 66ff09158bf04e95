import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { execa } from 'execa';
import { instanceLayout, placeOf } from '../../instances/instance.ts';
import { instanceNamed } from '../../instances/store.ts';
import { LabError } from '../../support/errors.ts';
import { nodesIn } from '../nodes.ts';
import type { Session } from '../session.ts';

export const logs = (program: Command, session: Session): void => {
  program
    .command('logs')
    .summary("print machines' consoles, or what provisioning printed")
    .argument('<instance>')
    .argument('[nodes]', 'a node, several with commas between, or `all`', 'all')
    .option('--provision', 'what the provisioning script printed')
    .option('--follow', 'go on printing what is added, until Ctrl-C')
    .action(async (name: string, words: string, flags: { provision?: boolean; follow?: boolean }) => {
      const instance = await instanceNamed(name);
      const provider = session.providers.named(instance.provider);
      const nodes = nodesIn(instance.definition, words);
      const paths = nodes.map((node) =>
        flags.provision ? instanceLayout(name).provisionLog(node) : provider.console(placeOf(instance), node),
      );
      if (flags.follow) {
        await execa('tail', ['-n', '+1', '-F', ...paths], {
          stdout: 'inherit',
          stderr: 'inherit',
          cancelSignal: session.signal,
          reject: false,
        });
        return;
      }
      for (const [index, path] of paths.entries()) {
        if (nodes.length > 1) session.print(`==> ${nodes[index]} <==`);
        session.print(await readLog(path));
      }
    });
};

const readLog = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new LabError({
      tried: 'read a log',
      happened: `${path} is not there: the machine has not come that far`,
      cause,
    });
  }
};

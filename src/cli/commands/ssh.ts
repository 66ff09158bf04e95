import type { Command } from 'commander';
import { execa } from 'execa';
import { placeOf } from '../../instances/instance.ts';
import { instanceNamed } from '../../instances/store.ts';
import { nodeIn } from '../../lab/lookup.ts';
import type { ExitCode } from '../../support/errors.ts';
import type { Session } from '../session.ts';

export const ssh = (program: Command, session: Session): void => {
  program
    .command('ssh')
    .summary('log in to a node')
    .description("Logs in to a node as root. Words after the node are given to ssh's remote shell.")
    .argument('<instance>')
    .argument('<node>')
    .argument('[command...]', 'run this instead of a shell')
    .option('--print', 'print the ssh command line instead of running it')
    .passThroughOptions()
    .action(async (name: string, node: string, command: string[], flags: { print?: boolean }) => {
      const instance = await instanceNamed(name);
      const [program, ...args] = await session.providers
        .named(instance.provider)
        .sshCommand(placeOf(instance), nodeIn(instance.definition, node));
      if (flags.print) return session.print([program, ...args].join(' '));
      const { exitCode } = await execa(program as string, [...args, ...command], { stdio: 'inherit', reject: false });
      session.exitCode = (exitCode ?? 255) as ExitCode;
    });
};

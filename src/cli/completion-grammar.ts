import type { Argument, Command, Option } from 'commander';
import { REPORTERS } from './report.ts';

/** What a command line can look like, command by command, the outermost first. */
export type Grammar = CommandGrammar[];

export interface CommandGrammar {
  /** The words that lead to it: `lab image rm`. */
  path: string;
  commands: { name: string; aliases: string[]; help: string }[];
  options: { names: string[]; help: string; value?: Values }[];
  operands: Values[];
  /** Whether the last operand can be given again and again. */
  variadic: boolean;
}

/** What can stand in a place: fixed words, names that `lab __complete` tells, files. */
export interface Values {
  words?: readonly string[];
  ask?: 'labs' | 'instances' | 'labs-and-instances' | 'nodes' | 'moments';
  files?: boolean;
}

/** Whether what is asked for belongs to the instance that the command line names first. */
export const aboutInstance = (ask: Values['ask']): boolean => ask === 'nodes' || ask === 'moments';

/** Values by the name of an argument or of an option's value. */
const VALUES: Record<string, Values> = {
  lab: { ask: 'labs', files: true },
  instance: { ask: 'instances' },
  'lab-or-instance': { ask: 'labs-and-instances', files: true },
  node: { ask: 'nodes' },
  nodes: { ask: 'nodes' },
  nics: { ask: 'nodes' },
  moment: { ask: 'moments' },
  file: { files: true },
  dir: { files: true },
  reporter: { words: REPORTERS },
};

export const grammarOf = (program: Command): Grammar => describe(program, program.name());

const describe = (command: Command, path: string): Grammar => {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  return [
    {
      path,
      commands: commands.map((each) => ({
        name: each.name(),
        aliases: each.aliases(),
        help: help.subcommandDescription(each),
      })),
      options: help.visibleOptions(command).map(describeOption),
      operands: command.registeredArguments.map(valuesOf),
      variadic: command.registeredArguments.at(-1)?.variadic ?? false,
    },
    ...commands.flatMap((each) => describe(each, `${path} ${each.name()}`)),
  ];
};

const describeOption = (option: Option): CommandGrammar['options'][number] => ({
  names: [option.short, option.long].filter((name) => name !== undefined),
  help: option.description,
  ...(option.required ? { value: optionValues(option) } : {}),
});

const optionValues = (option: Option): Values => {
  if (option.argChoices) return { words: option.argChoices };
  return VALUES[option.flags.match(/<(\w+)/)?.[1] ?? ''] ?? {};
};

const valuesOf = (argument: Argument): Values =>
  argument.argChoices ? { words: argument.argChoices } : (VALUES[argument.name()] ?? {});

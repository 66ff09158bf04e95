import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { REGISTRIES } from '../../src/cli/registries.ts';
import type { Session } from '../../src/cli/session.ts';
import { codeBlocks, codeSpans, PAGES, read, section, tableRows } from './pages.ts';

// Every command line of the documentation is one that the program takes: command, options, number of operands.
// Nothing else of the session is used before a command runs.
const freshProgram = (): Command => createProgram(REGISTRIES as Session);

/** The arguments of `lab` in a line of shell, also as `./lab`, behind a variable, and in `$(…)`; none where it runs none. */
const argumentsOfLab = (line: string): string[] | undefined => {
  const found = line.match(/^(?:\$ )?(?:eval "\$\()?(?:[A-Z_]+=\S+ )*(?:\.\/)?lab (.+)$/)?.[1];
  const words = found?.match(/"[^"]*"|'[^']*'|[^\s)"']+/g) ?? [];
  const end = words.findIndex((word) => /^(#|\||&&|;|>)/.test(word));
  return found === undefined ? undefined : words.slice(0, end < 0 ? undefined : end);
};

const linesOf = (text: string): string[] => [
  ...codeSpans(text),
  ...codeBlocks(text)
    .filter(({ language }) => ['sh', 'console'].includes(language))
    .flatMap(({ code }) => code.split('\n')),
];

/** @throws where the program would not take them. */
const parse = (words: string[]): void => {
  let command = freshProgram();
  let parsed = command.parseOptions(words);
  for (;;) {
    const [name = '', ...rest] = parsed.operands;
    const next = command.commands.find((each) => each.name() === name || each.aliases().includes(name));
    if (!next) break;
    command = next.configureOutput({ writeErr: () => undefined });
    parsed = command.parseOptions([...rest, ...parsed.unknown]);
  }
  const { operands, unknown } = parsed;
  // The options of bench are those of the scripts in bench/.
  const option = unknown.find((word) => word.startsWith('-'));
  if (option && command.name() !== 'bench') throw new Error(`${command.name()} has no option ${option}`);
  // A command may be spoken of by its name alone.
  if (operands.length === 0 || operands[0] === 'help') return;
  if (command.commands.length > 0) throw new Error(`${command.name()} has no command ${operands[0]}`);
  const wanted = command.registeredArguments;
  const least = wanted.filter(({ required }) => required).length;
  if (operands.length < least) throw new Error(`${command.name()} wants ${least} arguments`);
  if (operands.length > wanted.length && !wanted.at(-1)?.variadic)
    throw new Error(`${command.name()} wants no more than ${wanted.length} arguments`);
};

const commandLines = PAGES.flatMap((page) =>
  linesOf(read(page)).flatMap((line) => {
    const words = argumentsOfLab(line);
    return words ? [[page, line, words] as const] : [];
  }),
);

test('the documentation has command lines', () => expect(commandLines.length).toBeGreaterThan(100));

test.each(commandLines)('%s: %s', (_, __, words) => {
  expect(() => parse(words)).not.toThrow();
});

describe('a command line that the program would refuse is found', () => {
  test.each([
    ['a command', 'lab upp tun-basic'],
    ['an option', 'lab up tun-basic --kep'],
    ['an option before exec has begun', 'lab exec -x tun-basic rs1 true'],
    ['a subcommand', 'lab image make'],
    ['a value', 'lab test tun-basic --reporter xml'],
    ['an operand too few', 'lab exec tun-basic'],
    ['an operand too many', 'lab stop one two'],
  ])('%s', (_, line) => {
    expect(() => parse(argumentsOfLab(line) ?? [])).toThrow();
  });
});

test('the README lists every command with its own words', () => {
  const program = freshProgram();
  const listed = tableRows(section(read('README.md'), '## Commands')).map(([usage, summary]) => [
    usage?.match(/`lab ([a-z]+)/)?.[1],
    summary,
  ]);
  const visible = program.createHelp().visibleCommands(program);
  expect(listed).toEqual(visible.filter((each) => each.name() !== 'help').map((each) => [each.name(), each.summary()]));
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionScript, SHELLS, type Shell } from '../../src/cli/completion.ts';

/** A small program with everything that a command line of ours can have. */
const createProgram = (): Command => {
  const program = new Command('lab').version('1.0.0').option('-q, --quiet', "don't tell");
  program
    .command('up')
    .summary('bring a lab up')
    .argument('<lab>')
    .option('-n, --name <name>', 'of the instance')
    .addOption(new Option('-f, --format <format>', "how: it's `a` \\ $choice").choices(['table', 'json']))
    .option('-o, --output <dir>', 'folder');
  program.command('down').alias('destroy').argument('[instance...]');
  program.command('ssh').argument('<instance>').argument('<node>').argument('[command...]');
  const image = program.command('image').summary('guest images');
  image.command('rm').argument('<image>').option('--force');
  image.command('list');
  program.command('completion').addArgument(new Argument('<shell>').choices(SHELLS));
  program.command('__complete', { hidden: true });
  return program;
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-completion-'));
  const names = `#!/bin/sh
case "$*" in
  '__complete labs') printf 'tun-basic\\ntun-weights\\ndr-basic\\n' ;;
  '__complete instances') printf 'one\\ntwo\\n' ;;
  '__complete nodes one') printf 'client\\ndirector\\n' ;;
  *) echo "unasked for: $*" >&2; exit 1 ;;
esac`;
  await writeFile(join(dir, 'lab'), names, { mode: 0o755 });
  await writeFile(join(dir, 'my lab.yaml'), '');
  for (const shell of SHELLS) await writeFile(join(dir, shell), completionScript(createProgram(), shell));
});
afterAll(() => rm(dir, { recursive: true }));

/** How each shell is made to say what it would offer for the last of the words. */
const DRIVERS: Record<Shell, (words: string[]) => string[]> = {
  bash: (words) => [
    '--norc',
    '-uc',
    `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lab; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...words,
  ],
  // Outside of its line editor zsh has no completion, so the two functions that would show it print instead.
  zsh: (words) => [
    '-fc',
    `compdef() { }; _describe() { print -rl -- \${\${(@P)2}%%:*} }; _files() { print -rl -- *.yaml }
    source ./zsh; words=("$@"); CURRENT=$#; _lab`,
    'zsh',
    ...words,
  ],
  fish: (words) => ['--no-config', '-c', 'source ./fish; complete -C "$argv[1]"', words.join(' ')],
};

const offers = async (shell: Shell, words: string[]): Promise<string[]> => {
  const { stdout } = await execa(shell, DRIVERS[shell](words), {
    cwd: dir,
    env: { PATH: `${dir}${delimiter}${process.env.PATH}`, HOME: dir },
  });
  const last = words.at(-1) ?? '';
  const found = stdout.split('\n').map((line) => line.split('\t')[0] as string);
  return found.filter((each) => each !== '' && each.startsWith(last)).sort();
};

const CASES: [typed: string, offered: string[]][] = [
  ['lab ', ['completion', 'down', 'help', 'image', 'ssh', 'up']],
  ['lab u', ['up']],
  ['lab --q', ['--quiet']],
  ['lab --quiet im', ['image']],
  ['lab up tun', ['tun-basic', 'tun-weights']],
  ['lab up --name whatever dr', ['dr-basic']],
  ['lab up my', ['my lab.yaml']],
  ['lab up --format ', ['json', 'table']],
  ['lab up -f j', ['json']],
  ['lab up --name ', []],
  ['lab up tun-basic --', ['--format', '--help', '--name', '--output']],
  ['lab down ', ['one', 'two']],
  ['lab destroy one t', ['two']],
  ['lab ssh ', ['one', 'two']],
  ['lab ssh one ', ['client', 'director']],
  ['lab ssh one dir', ['director']],
  ['lab ssh one director ', []],
  ['lab image ', ['help', 'list', 'rm']],
  ['lab image rm --f', ['--force']],
  ['lab completion ', ['bash', 'fish', 'zsh']],
  ['./lab down o', ['one']],
  ['~/lab down o', ['one']],
];

const SHELL_FOUND = await Promise.all(
  SHELLS.map(async (shell) => !(await execa(shell, ['-c', 'true'], { reject: false })).failed),
);

describe.each(SHELLS.map((shell, index) => [shell, SHELL_FOUND[index]] as const))('%s', (shell, found) => {
  test.for(CASES)('%s', async ([typed, offered], context) => {
    if (!found) return context.skip(`${shell} is not installed`);
    expect(await offers(shell, typed.split(' '))).toEqual(offered);
  });
});

const bashOffers = async (words: string[]): Promise<string[]> =>
  (await execa('bash', DRIVERS.bash(words), { cwd: dir })).stdout.split('\n');

test('bash makes several words of --format=json', async () => {
  expect(await bashOffers(['lab', 'up', '--format', '=', 'j'])).toEqual(['json']);
  expect(await bashOffers(['lab', 'up', 'tun-basic', '--format', '='])).toEqual(['table', 'json']);
});

test('the script for bash is clean for shellcheck', async (context) => {
  const { failed, code, stdout } = await execa(
    'shellcheck',
    ['--shell=bash', '--exclude=SC2016,SC2088', join(dir, 'bash')],
    {
      reject: false,
    },
  );
  if (code === 'ENOENT') return context.skip('shellcheck is not installed');
  expect(stdout).toBe('');
  expect(failed).toBe(false);
});

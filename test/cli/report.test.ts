import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Output, printResults, type ResultsOptions, readyOutputs, reporterOption } from '../../src/cli/report.ts';
import type { Session } from '../../src/cli/session.ts';
import type { Result } from '../../src/report/report.ts';
import { BROKEN, resultOf, VERDICTS } from '../report/report.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-report-'));
});
afterEach(() => rm(dir, { recursive: true }));

const parsed = (...words: string[]): Output[] => {
  const command = new Command().addOption(reporterOption()).exitOverride();
  command.configureOutput({ writeErr: () => undefined }).parse(words, { from: 'user' });
  return command.opts<{ reporter: Output[] }>().reporter;
};

test('reporters are given with or without a file, more than one', () => {
  expect(parsed('-r', 'terminal', '--reporter', 'junit=a/b=c.xml', '--reporter=html=x.html')).toEqual([
    { reporter: 'terminal' },
    { reporter: 'junit', file: 'a/b=c.xml' },
    { reporter: 'html', file: 'x.html' },
  ]);
});

test.each(['xml', 'junit=', '=file', ''])('-r %j is refused', (word) => {
  expect(() => parsed('-r', word)).toThrow(
    'It must be one of terminal, junit, json, html, or one of these with =FILE.',
  );
});

test('a person gets a report on stdout where no other goes there', async () => {
  const junit = { reporter: 'junit', file: join(dir, 'new', 'report.xml') } as const;
  expect(await readyOutputs([])).toEqual([{ reporter: 'terminal' }]);
  expect(await readyOutputs([junit])).toEqual([{ reporter: 'terminal' }, junit]);
  expect(await readyOutputs([{ reporter: 'json' }, junit])).toEqual([{ reporter: 'json' }, junit]);
  expect((await stat(join(dir, 'new'))).isDirectory()).toBe(true);
});

test('two reports in one place are refused', async () => {
  const usage = { exitCode: 2 };
  await expect(readyOutputs([{ reporter: 'json' }, { reporter: 'junit' }])).rejects.toMatchObject(usage);
  const files = ['json', 'junit'].map((reporter) => ({ reporter, file: `${dir}/a` })) as Output[];
  await expect(readyOutputs(files)).rejects.toMatchObject(usage);
});

test('a file that cannot be written is refused before anything is done', async () => {
  await mkdir(join(dir, 'folder'));
  await expect(readyOutputs([{ reporter: 'html', file: join(dir, 'folder') }])).rejects.toMatchObject({ exitCode: 2 });
  const below = join(process.execPath, 'report.xml');
  await expect(readyOutputs([{ reporter: 'junit', file: below }])).rejects.toMatchObject({ exitCode: 2 });
});

/** What is printed on stdout, and the exit code. */
const printed = async (results: readonly Result[], options: Omit<ResultsOptions, 'seconds'>) => {
  const stdout: string[] = [];
  const session = { exitCode: 0, print: (text: string) => stdout.push(text), tell: () => {} };
  await printResults(results, { ...options, seconds: 2 }, session as unknown as Session);
  return { stdout: stdout.join(''), exitCode: session.exitCode };
};

test('each report goes where it was wanted, and the exit code is that of all', async () => {
  const outputs: Output[] = [
    { reporter: 'terminal' },
    { reporter: 'junit', file: join(dir, 'report.xml') },
    { reporter: 'html', file: join(dir, 'report.html') },
    { reporter: 'json', file: join(dir, 'report.json') },
  ];
  const results = [resultOf('mine', VERDICTS.fail), BROKEN];
  const { stdout, exitCode } = await printed(results, { outputs, single: false });
  expect(exitCode).toBe(3);
  expect(stdout).toContain('2 labs: 1 failed, 1 broken (2.0 s)');
  expect(await readFile(join(dir, 'report.xml'), 'utf8')).toContain('<testsuite name="mine"');
  expect(await readFile(join(dir, 'report.html'), 'utf8')).toContain('<h1>2 labs');
  expect(JSON.parse(await readFile(join(dir, 'report.json'), 'utf8')).labs).toHaveLength(2);
});

test('JSON of one lab that was named is its document, of --all a list also where that is one', async () => {
  const outputs: Output[] = [{ reporter: 'json' }];
  const results = [resultOf('mine', VERDICTS.pass)];
  expect(JSON.parse((await printed(results, { outputs, single: true })).stdout).lab).toBe('tun-basic');
  expect(JSON.parse((await printed(results, { outputs, single: false })).stdout).labs).toHaveLength(1);
});

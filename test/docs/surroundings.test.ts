import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { parseLab } from '../../src/lab/parse.ts';
import { projectDir } from '../../src/support/paths.ts';
import { codeBlocks, codeSpans, read, section, tableRows } from './pages.ts';

const manifest = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};

const namesIn = (text: string): string[] => codeSpans(text).map((code) => code.replace(/^npm (run )?/, ''));

test('CONTRIBUTING.md gives a reason for every library, and for none that is not used', () => {
  const rows = tableRows(section(read('CONTRIBUTING.md'), '### Libraries'));
  const listed = rows.flatMap(([libraries = '']) => namesIn(libraries));
  expect(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })).toEqual(
    expect.arrayContaining(listed),
  );
  expect(listed).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
});

test.each(['README.md', 'CONTRIBUTING.md'] as const)('every npm script that %s names is there', (page) => {
  const named = Array.from(read(page).matchAll(/npm run ([\w:]+)/g), ([, name]) => name as string);
  expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
});

test('the README names the version of Node that is wanted, and so does the entry point', () => {
  const wanted = manifest.engines.node.match(/\d+/)?.[0];
  expect(read('README.md')).toContain(`older than version ${wanted}`);
  expect(readFileSync(join(projectDir, 'lab'), 'utf8')).toContain(`\nNODE_MAJOR=${wanted}\n`);
});

test('the README names every variable LAB_… that the program heeds, and no other', () => {
  const sources = readdirSync(join(projectDir, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
  const heeded = sources.flatMap((text) => text.match(/(?<=process\.env\.)LAB_\w+/g) ?? []);
  const named = read('README.md').match(/\bLAB_[A-Z_]+/g) ?? [];
  expect(new Set(named)).toEqual(new Set(heeded));
});

test('the lab that the README shows is sound', () => {
  const yaml = codeBlocks(read('README.md')).find(({ language }) => language === 'yaml');
  expect(parseLab(yaml?.code ?? '', 'web.yaml', VOCABULARY).diagnostics).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from '../../src/support/paths.ts';
import { read } from './pages.ts';

const SRC = join(projectDir, 'src');
const folderOf = (path: string): string => relative(SRC, path).split('/')[0] as string;

/** Folders of src/, the top one first, as CONTRIBUTING.md has them. */
const layers = Array.from(
  read('CONTRIBUTING.md').matchAll(/^\d+\. `src\/(\w+)\/`/gm),
  ([, folder]) => folder as string,
);

const imports = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .flatMap(({ parentPath, name }) =>
    Array.from(
      readFileSync(join(parentPath, name), 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g),
      ([, target = '']) => ({ from: join(parentPath, name), to: join(parentPath, target) }),
    ),
  );

test('CONTRIBUTING.md lists every folder of src/', () => {
  expect(layers.toSorted()).toEqual(readdirSync(SRC).toSorted());
});

test('imports of src/ run downwards in that list', () => {
  const upwards = imports
    .filter(({ from, to }) => layers.indexOf(folderOf(from)) > layers.indexOf(folderOf(to)))
    .map(({ from, to }) => `${relative(SRC, from)} imports ${relative(SRC, to)}`);
  expect(imports.length).toBeGreaterThan(100);
  expect(upwards).toEqual([]);
});

/** Modules that say what there is of a kind. Who looks something up is handed a registry by the top. */
const LISTS = ['checks/vocabulary.ts', 'images/table.ts', 'providers/providers.ts'];

test('none but src/cli/ imports the lists of what there is', () => {
  const known = imports.filter(({ to }) => LISTS.includes(relative(SRC, to)));
  const below = known.filter(({ from }) => folderOf(from) !== 'cli').map(({ from }) => relative(SRC, from));
  expect(new Set(known.map(({ to }) => relative(SRC, to)))).toEqual(new Set(LISTS));
  expect(below).toEqual([]);
});

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

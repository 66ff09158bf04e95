import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectDir } from '../../src/support/paths.ts';
import { codeSpans, PAGES, type Page, read } from './pages.ts';

/** The anchors of a page, as GitHub makes them of its headings. */
const anchors = (page: Page): string[] =>
  Array.from(read(page).matchAll(/^#{1,6} (.*)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const links = PAGES.flatMap((page) =>
  Array.from(read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g), ([, path = '', anchor]) => ({
    page,
    target: path === '' ? page : join(dirname(page), path),
    anchor,
  })),
);

test.each(links)('$page: $target#$anchor is there', ({ target, anchor }) => {
  expect(existsSync(join(projectDir, target))).toBe(true);
  if (anchor !== undefined) expect(anchors(target as Page)).toContain(anchor);
});

/** What a path of the project looks like among other code: it begins as one of its directories, or is a file at the top. */
const isPath = (code: string): boolean =>
  /^(\.ci|bench|docs|images|labs|provision|schema|scripts|src|test)\/[\w./-]*$/.test(code) && !/NAME|NODE/.test(code);

const paths = PAGES.flatMap((page) =>
  codeSpans(read(page))
    .filter(isPath)
    .map((path) => [page, path] as const),
);

test('CONTRIBUTING.md names paths', () => {
  expect(paths.filter(([page]) => page === 'CONTRIBUTING.md').length).toBeGreaterThan(30);
});

test.each(paths)('%s: %s is there', (_, path) => {
  expect(existsSync(join(projectDir, path))).toBe(true);
});

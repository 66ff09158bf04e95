import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { listLabs } from '../../src/lab/find.ts';
import { loadLab } from '../../src/lab/load.ts';
import { projectDir } from '../../src/support/paths.ts';
import { read } from './pages.ts';

const labs = await listLabs();
const PAGES = labs.flatMap(({ name, path }) => [
  { name, path, page: `docs/labs/${name}.md` },
  { name, path, page: `docs/labs/${name}.zh.md` },
]);

test.each(PAGES)('$page tells of every address, and of every sabotage with its checks', async ({ path, page }) => {
  const text = readFileSync(join(projectDir, page), 'utf8');
  const { lab } = await loadLab(path, VOCABULARY);
  for (const { address } of lab?.nodes.flatMap(({ links }) => links) ?? [])
    expect(text).toMatch(new RegExp(`(${address}|[.:]${address.split(/[.:]+/).at(-1)})\\b`));
  for (const { vip } of lab?.services ?? []) expect(text).toContain(vip);
  for (const { name, red } of lab?.sabotages ?? []) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    for (const check of red) expect(row).toContain(`\`${check}\``);
  }
});

test('the README names every lab, with a link to its page', () => {
  for (const { name } of labs) expect(read('README.md')).toContain(`docs/labs/${name}.md`);
});

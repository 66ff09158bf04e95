import { expect, test } from 'vitest';
import { CHECKS, VOCABULARY } from '../../src/checks/vocabulary.ts';
import { findLab } from '../../src/lab/find.ts';
import { loadLab } from '../../src/lab/load.ts';
import { codeBlocks, read, section, tableRows } from './pages.ts';

const NAMES = CHECKS.map(({ name }) => name);

test('each check has its section in docs/troubleshooting.md, in the order of looking for a fault', () => {
  const headings = section(read('docs/troubleshooting.md'), '## The checks').matchAll(/^### `(.*)`$/gm);
  expect(Array.from(headings, ([, name]) => name)).toEqual(NAMES);
});

test('each check has its line in the Chinese part of the README', () => {
  const rows = tableRows(section(read('README.md'), '## 中文简介'));
  expect(rows.map(([name]) => name)).toEqual(NAMES.map((name) => `\`${name}\``));
});

test('the README shows tun-basic as it is: its addresses, its checks in their order, its answers', async () => {
  const { lab } = await loadLab(await findLab('tun-basic'), VOCABULARY);
  const shown = section(read('README.md'), '## What you get: LVS-TUN');
  const [drawing, transcript] = codeBlocks(shown).map(({ code }) => code);
  // Below it stand the ways of request and reply, which name some addresses again.
  const picture = drawing?.split('request')[0];
  for (const { address } of lab?.nodes.flatMap(({ links }) => links) ?? [])
    expect(picture).toMatch(new RegExp(`(${address}|\\s\\.${address.split('.').slice(2).join('\\.')})\\b`));
  for (const { vip } of lab?.services ?? []) expect(picture).toContain(vip);
  const verdicts = transcript?.matchAll(/^PASS {3}(\S+):/gm) ?? [];
  expect(Array.from(verdicts, ([, name]) => name)).toEqual(lab?.checks.map(({ name }) => name));
});

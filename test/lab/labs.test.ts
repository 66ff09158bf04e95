import { expect, test } from 'vitest';
import { CHECKS, VOCABULARY } from '../../src/checks/vocabulary.ts';
import { listLabs } from '../../src/lab/find.ts';
import { loadLab } from '../../src/lab/load.ts';

const labs = await listLabs();

test.each(labs)('labs/$name.yaml has no problem, and a summary', async ({ path, summary }) => {
  expect((await loadLab(path, VOCABULARY)).diagnostics).toEqual([]);
  expect(summary).not.toBe('');
});

test('every check there is is proven by a sabotage of some lab', async () => {
  const loaded = await Promise.all((await listLabs()).map(({ path }) => loadLab(path, VOCABULARY)));
  const red = loaded.flatMap(({ lab: each }) => each?.sabotages.flatMap((sabotage) => sabotage.red) ?? []);
  const proven = new Set(red.map((name) => name.split('/')[0]));
  expect(CHECKS.map(({ name }) => name).filter((name) => !proven.has(name))).toEqual([]);
});

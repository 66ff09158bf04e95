import { expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { listLabs } from '../../src/lab/find.ts';
import { loadLab } from '../../src/lab/load.ts';

const labs = await listLabs();

test.each(labs)('labs/$name.yaml has no problem, and a summary', async ({ path, summary }) => {
  expect((await loadLab(path, VOCABULARY)).diagnostics).toEqual([]);
  expect(summary).not.toBe('');
});

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listLabs } from '../../src/lab/find.ts';
import { projectDir } from '../../src/support/paths.ts';
import { deal, SHARDS, TIMES } from '../e2e/times.ts';

const labs = (await listLabs()).map(({ name }) => name);

describe('labs are dealt out to the files that prove them', () => {
  test('each to one file, and every share has its file', () => {
    const shares = deal(labs, SHARDS, TIMES.labs);
    expect(shares.flat().toSorted()).toEqual(labs.toSorted());
    const files = readdirSync(join(projectDir, 'test', 'e2e')).filter((file) => /^labs-\d+\.test\.ts$/.test(file));
    expect(files.toSorted()).toEqual(shares.map((_, index) => `labs-${index + 1}.test.ts`));
  });

  test('so that the shares take about as long as each other', () => {
    const seconds = { long: 90, middle: 50, short: 30, brief: 10 };
    expect(deal(Object.keys(seconds), 2, seconds)).toEqual([['long'], ['middle', 'short', 'brief']]);
  });

  test('by what was measured of labs that there are', () => {
    expect(Object.keys(TIMES.labs).filter((name) => !labs.includes(name))).toEqual([]);
  });

  test('and one that was never measured begins early', () => {
    expect(deal(['a', 'new', 'b'], 1, { a: 20, b: 90 })).toEqual([['new', 'b', 'a']]);
  });
});

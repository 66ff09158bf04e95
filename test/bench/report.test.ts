import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Proof, UpRun } from '../../bench/figures.ts';
import { markdown, replaceBetween } from '../../bench/report.ts';
import { manyTable, regressionTable, upTables } from '../../bench/tables.ts';
import { projectDir } from '../../src/support/paths.ts';

const page = 'before\n<!-- begin up -->\nold\n<!-- end up -->\nafter\n';

describe('what stands between markers', () => {
  test('is replaced, and nothing else', () => {
    const once = replaceBetween(page, 'up', 'new $& one');
    expect(once).toBe('before\n<!-- begin up -->\n\nnew $& one\n\n<!-- end up -->\nafter\n');
    expect(replaceBetween(once, 'up', 'new $& one')).toBe(once);
  });

  test.each(['many', 'end'])('is not there for %s', (name) => {
    expect(() => replaceBetween(page, name, '')).toThrow(`begin ${name}`);
  });

  test('has its markers in the page', () => {
    const docs = readFileSync(join(projectDir, 'docs', 'performance.md'), 'utf8');
    for (const name of ['up', 'many', 'regression']) expect(() => replaceBetween(docs, name, '')).not.toThrow();
  });
});

const proof = (seconds: number, memory: number): Proof => ({
  seconds,
  machines: [{ node: 'client', memory, cpuSeconds: 1 }],
});

const way = (floor: number, up: number, memory = 100e6) => ({
  floor: { ...proof(floor, memory), stages: [{ name: 'start', seconds: floor, cpuSeconds: 1 }] },
  up: { ...proof(up, memory), report: up + 1, end: up + 2, phases: { Verify: 1 } },
});

const run = (changes: Partial<UpRun> = {}): UpRun => ({
  ...{ load: 0, saving: 3, reset: 1.4 },
  ...{ cold: way(10, 12), golden: way(6, 9), warm: way(1, 1.9) },
  ...changes,
});

/** The rows of the table whose first heading this is, by their first cell. */
const rowsOf = (runs: UpRun[], heading: string): Record<string, string[]> => {
  const found = upTables(runs).find(({ headings }) => headings[0] === heading);
  return Object.fromEntries(found?.rows.map(([name = '', ...cells]) => [name, cells]) ?? []);
};

describe('targets', () => {
  test('of seconds and of the ratio are judged apart', () => {
    expect(rowsOf([run()], 'to the proof')).toEqual({
      cold: ['10.0 s', '12.0 s', '–', '', '1.20', 'met'],
      golden: ['6.0 s', '9.0 s', '8 s', 'missed', '1.50', 'missed'],
      warm: ['1.0 s', '1.9 s', '2 s', 'met', '1.90', 'missed'],
    });
  });

  test('of a reset and of memory', () => {
    const rows = rowsOf([run({ reset: 1.6, warm: way(1, 1, 121e6) })], 'other targets');
    expect(rows['lab reset']).toEqual(['1.6 s', '1.5 s', 'missed']);
    expect(rows['PSS a machine, warm']).toEqual(['121 MB', '120 MB', 'missed']);
    expect(rows['PSS a machine, cold']).toEqual(['100 MB', '120 MB', 'met']);
  });

  test('are judged by the median', () => {
    const runs = [run(), run({ warm: way(1, 30) }), run()];
    expect(rowsOf(runs, 'to the proof').warm).toEqual([
      '1.0 s',
      '1.9 s (1.9–30.0)',
      '2 s',
      'met',
      '1.90 (1.90–30.00)',
      'missed',
    ]);
  });
});

test('every row of every table is as long as its headings', () => {
  const several = { first: 1, last: 2, end: 3 };
  const many = manyTable([
    { way: 'warm', labs: 2, atOnce: { ...several, machines: proof(1, 1).machines }, inTurn: several },
  ]);
  for (const { headings, rows } of [...upTables([run()]), many])
    for (const row of rows) expect(row).toHaveLength(headings.length);
});

test('a table in Markdown', () => {
  expect(markdown({ headings: ['a', 'b'], rows: [['1', '2']] })).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
});

test('a regression tells where its time went, and what was red', () => {
  const { rows } = regressionTable({
    seconds: 60,
    exitCode: 1,
    labs: [
      {
        ...{ lab: 'one', seconds: 30, checks: 7, red: [] },
        proofs: [
          { sabotage: 'quick', seconds: 4 },
          { sabotage: 'slow', seconds: 16 },
        ],
      },
      { lab: 'two', seconds: 5, checks: 1, red: ['rotation'], proofs: [] },
    ],
  });
  expect(rows).toEqual([
    ['one', '7', '2', '10.0 s', '20.0 s', 'slow 16.0 s', 'green'],
    ['two', '1', '0', '5.0 s', '0.0 s', '', 'red: rotation'],
    ['all', '', '', '', '', '', '60.0 s'],
  ]);
});

import { expect, test } from 'vitest';
import { countResults, countVerdicts, exitCodeOf, exitCodeOfAll, type Result } from '../../src/report/report.ts';
import type { Verdict } from '../../src/verdicts/verdict.ts';
import { BROKEN, resultOf, VERDICTS } from './report.ts';

const { pass, fail, error, skip } = VERDICTS;

test.each([
  ['all passed', [pass, pass], 0],
  ['some skipped', [pass, skip], 0],
  ['one failed', [pass, fail, skip], 1],
  ['one could not look', [pass, error], 3],
  ['one failed and one could not look', [fail, error, pass], 3],
  ['all skipped', [skip, skip], 4],
  ['nothing checked', [], 4],
] satisfies [string, Verdict[], number][])('%s: the exit code says so', (_, verdicts, expected) => {
  expect(exitCodeOf(verdicts)).toBe(expected);
});

test('counts each status', () => {
  expect(countVerdicts([pass, fail, pass, skip])).toEqual({ pass: 2, fail: 1, error: 0, skip: 1 });
});

const [green, red, undecided, skipped] = [
  resultOf('g', pass),
  resultOf('r', fail),
  resultOf('u', fail, error),
  resultOf('s'),
];

test.each([
  ['all are green', [green, green], 0],
  ['one is skipped', [green, skipped], 0],
  ['one is red', [green, red, skipped], 1],
  ['one did not come up', [green, BROKEN], 3],
  ['one is red and one did not come up', [red, BROKEN], 3],
  ['one has a check that could not look', [green, undecided], 3],
  ['all are skipped', [skipped, skipped], 4],
] satisfies [string, Result[], number][])('of several labs, %s: the exit code says so', (_, results, expected) => {
  expect(exitCodeOfAll(results)).toBe(expected);
});

test('counts labs by what their checks come to', () => {
  expect(countResults([green, red, BROKEN, undecided, skipped])).toEqual({ pass: 1, fail: 1, error: 2, skip: 1 });
});

import { expect, test } from 'vitest';
import type { Verdict } from '../../src/checks/check.ts';
import { countVerdicts, exitCodeOf } from '../../src/report/report.ts';
import { VERDICTS } from './report.ts';

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

import { describe, expect, test } from 'vitest';
import type { Sabotage } from '../../src/lab/lab.ts';
import { judgeSabotage, turnsRed } from '../../src/testing/proof.ts';
import type { Status, Verdict } from '../../src/verdicts/verdict.ts';

const sabotage: Sabotage = {
  name: 'weights',
  summary: 'other weights',
  break: [{ node: 'director', command: 'ipvsadm -e …' }],
  red: ['rotation', 'share/web'],
  undo: [{ node: 'director', command: 'lab-node boot' }],
};
const verdict = (check: string, status: Status): Verdict => ({
  check,
  status,
  summary: 'so',
  evidence: [],
  seconds: 1,
});
const SPECS = {
  rotation: { name: 'rotation', options: {} },
  'share/web': { name: 'share', options: { services: ['web'] } },
  'share/api': { name: 'share', options: { services: ['api'] } },
  reachable: { name: 'reachable', options: {} },
};
const judge = (found: Partial<Record<keyof typeof SPECS, Status>>, mended: Status = 'pass') =>
  judgeSabotage(
    sabotage,
    Object.entries({
      rotation: 'fail',
      'share/web': 'fail',
      'share/api': 'pass',
      reachable: 'pass',
      ...found,
    } as const).map(([check, status]) => ({
      spec: SPECS[check as keyof typeof SPECS],
      verdict: verdict(check, status),
    })),
    [verdict('rotation', mended)],
  );

test('a check is meant by its name, or by one of its services', () => {
  const meant = Object.values(SPECS).map((spec) => turnsRed(sabotage, spec));
  expect(meant).toEqual([true, true, false, false]);
});

describe('a sabotage', () => {
  test('proves its checks when they fail, no others do, and all are green once it is mended', () => {
    const summary = 'other weights: rotation, share/web red, nothing else; mended, all green';
    expect(judge({})).toMatchObject({ status: 'pass', summary });
  });

  test('a check that does not apply stays as it is', () => {
    expect(judge({ 'share/api': 'skip' }).status).toBe('pass');
  });

  test.each([
    ['a check that did not see it', { rotation: 'pass' }, 'rotation did not fail: so'],
    ['a check that skipped it', { rotation: 'skip' }, 'rotation did not fail: so'],
    ['a check that failed as well', { reachable: 'fail' }, 'reachable failed as well: so'],
    ['the same check of another service', { 'share/api': 'fail' }, 'share/api failed as well: so'],
  ] satisfies [string, Partial<Record<keyof typeof SPECS, Status>>, string][])('fails: %s', (_, found, summary) => {
    expect(judge(found)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a check is red still after all was mended', () => {
    expect(judge({}, 'fail')).toMatchObject({
      status: 'fail',
      summary: 'rotation is still red after all was mended: so',
    });
  });

  test('could not be judged where a check could not look', () => {
    expect(judge({ rotation: 'error' })).toMatchObject({ status: 'error', summary: 'rotation could not look: so' });
  });
});

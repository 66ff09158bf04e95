import { describe, expect, test } from 'vitest';
import { judgeFailover } from '../../src/checks/failover.ts';
import type { Timed } from '../../src/traffic/series.ts';

/** Requests a second apart; a dash for one that was lost, and took three. */
const series = (answers: string): Timed[] =>
  answers
    .split(' ')
    .map((answer, index) =>
      answer === '-'
        ? { began: index, ended: index + 3, why: 'curl: (28) Connection timed out' }
        : { began: index, ended: index + 0.1, answer },
    );
const judge = (away: string, back: string, isOut = true) =>
  judgeFailover('rs1', 'links', { lost: 2, seconds: 20 }, series(away), series(back), isOut);

describe('failover', () => {
  test('passes, and tells what it cost and how long it took', () => {
    expect(judge('rs2 - rs2 rs2', 'rs2 rs1')).toMatchObject({
      status: 'pass',
      summary: 'rs1 was cut off: 1 request lost, the last 4.0 s after; back, it served again after 1.1 s',
    });
  });

  test('says what went away', () => {
    const verdict = judgeFailover('rs1', 'vip', { lost: 2, seconds: 20 }, series('- rs2'), series('rs1'), true);
    expect(verdict.summary).toBe(
      'rs1 was without the VIP: 1 request lost, the last 3.0 s after; back, it served again after 0.1 s',
    );
    expect(verdict.evidence[0]?.title).toBe('requests while rs1 was without the VIP');
  });

  test.each([
    ['too many lost', '- - -', 'rs1', true, '3 requests lost until rs1 was taken out, and at most 2 may be'],
    ['given up', '- rs2 - -', 'rs1', false, '3 requests lost, and rs1 is still not taken out; at most 2 may be'],
    ['never taken out', 'rs2 - rs2 -', 'rs1', false, 'rs1 was not taken out within 20 s; 2 requests lost'],
    ['never back', 'rs2', 'rs2 rs2', true, 'rs1 did not serve again within 20 s'],
    ['back too early', 'rs2', 'rs2 -', true, 'with rs1 back, a request was lost: curl: (28) Connection timed out'],
  ])('fails: %s', (_, away, back, isOut, summary) => {
    expect(judge(away, back, isOut)).toMatchObject({ status: 'fail', summary });
  });
});

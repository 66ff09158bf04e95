import { describe, expect, test } from 'vitest';
import { judgeSpread, spread } from '../../src/checks/spread.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const judge = (answers: string, servers = 2) => judgeSpread(burstOf(labWith(), answers), { servers });

describe('spread', () => {
  test('passes when as many servers answer as are asked for, in whatever shares', () => {
    expect(judge('rs1 rs1 rs1 rs2')).toMatchObject({ status: 'pass', summary: 'of 4 requests: rs1 3, rs2 1' });
  });

  test.each([
    ['rs1 rs1 rs1', 2, 'fewer than 2 real servers answered; of 3 requests: rs1 3'],
    ['rs1 rs2 rs1', 3, 'fewer than 3 real servers answered; of 3 requests: rs1 2, rs2 1'],
  ])('fails: %s', (answers, servers, summary) => {
    expect(judge(answers, servers)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a request is not answered', () => {
    expect(judge('rs1 rs2 -').status).toBe('fail');
  });

  test('wants eight requests for each server', () => {
    expect(spread.requests?.(spread.options.parse({}), serviceOf(labWith()))).toBe(16);
  });
});

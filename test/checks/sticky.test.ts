import { describe, expect, test } from 'vitest';
import { judgeSticky, sticky } from '../../src/checks/sticky.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const judge = (answers: string) => judgeSticky(burstOf(labWith(), answers));

describe('sticky', () => {
  test('passes when one server answers all', () => {
    expect(judge('rs1 rs1 rs1')).toMatchObject({ status: 'pass', summary: '3 requests of client answered by rs1' });
  });

  test('fails on the first that another server answers', () => {
    const summary = 'request 1 was answered by rs1, and request 3 by rs2';
    expect(judge('rs1 rs1 rs2 rs1')).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a request is not answered', () => {
    expect(judge('rs1 - rs1')).toMatchObject({
      status: 'fail',
      summary: expect.stringMatching(/^request 2 of 3 was not answered/),
    });
  });

  test('wants three requests for each server, or as many as it is told', () => {
    expect(sticky.requests?.(sticky.options.parse({}), serviceOf(labWith()))).toBe(6);
    expect(sticky.requests?.(sticky.options.parse({ requests: 4 }), serviceOf(labWith()))).toBe(4);
  });
});

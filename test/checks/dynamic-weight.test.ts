import { describe, expect, test } from 'vitest';
import { judgeDynamicWeight, type Look } from '../../src/checks/dynamic-weight.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Request } from '../../src/traffic/observation.ts';
import { server, WEB } from '../traffic/tun-basic.ts';

const RS1 = server('rs1', '192.168.2.220', 10);

/** A dash for a request that failed. */
const look = (answers: string, weight: number, isMoved = true): Look => ({
  isMoved,
  weight,
  burst: {
    client: 'client',
    service: WEB,
    wanted: answers.split(' ').length,
    requests: answers.split(' ').map((answer, index): Request => {
      const request = { number: index + 1, token: `t-${index + 1}`, seconds: 0.1 };
      return answer === '-'
        ? { ...request, failure: curlFailure(28, 'curl: (28) timed out') }
        : { ...request, status: 200, answer };
    }),
  },
});

describe('dynamic-weight', () => {
  test('passes, and tells weights and shares', () => {
    expect(judgeDynamicWeight(RS1, 30, look('rs2 rs2 rs1 rs2', 1), look('rs1 rs2 rs1 rs2', 10))).toMatchObject({
      status: 'pass',
      summary:
        'rs1 was loaded: its weight fell from 10 to 1, and it answered 1 of 4 requests; idle again: 10, and 2 of 4 requests',
    });
  });

  test.each<[string, Look, Look | undefined, string]>([
    ['no agent', look('rs1 rs2', 10, false), undefined, 'rs1 was loaded, and kept its weight of 10 for 30 s'],
    [
      'not enough',
      look('rs1 rs2', 5, false),
      look('rs1 rs2', 10),
      'rs1 was loaded, and its weight was 5 after 30 s, not 1',
    ],
    [
      'a request is lost',
      look('rs2 -', 1),
      look('rs1 rs2', 10),
      'while rs1 was loaded, request 2 of 2 was not answered: curl: (28) timed out',
    ],
    [
      'no recovery',
      look('rs2 rs2', 1),
      look('rs1 rs2', 1, false),
      'rs1 was idle again, and its weight stayed 1 for 30 s',
    ],
    [
      'a scheduler that pays no heed',
      look('rs1 rs2', 1),
      look('rs1 rs2', 10),
      'rs1 answered 1 of 2 requests while it was loaded, and 1 of 2 requests when it was idle',
    ],
  ])('fails: %s', (_, loaded, idle, summary) => {
    expect(judgeDynamicWeight(RS1, 30, loaded, idle)).toMatchObject({ status: 'fail', summary });
  });
});

import { describe, expect, test } from 'vitest';
import { judgeContent } from '../../src/checks/content.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Burst, Request } from '../../src/traffic/observation.ts';
import { WEB } from '../traffic/tun-basic.ts';

const LOCATION = {
  path: '/video/',
  servers: [
    { node: 'video1', address: '192.168.2.11' },
    { node: 'video2', address: '192.168.2.12' },
  ],
};

/** A dash for a request that failed, a number for its HTTP status. */
const burst = (answers: string, wanted = answers.split(' ').length): Burst => ({
  client: 'client',
  service: WEB,
  wanted,
  requests: answers.split(' ').map((answer, index): Request => {
    const request = { number: index + 1, token: `t-${index + 1}`, seconds: 0.1 };
    if (answer === '-') return { ...request, failure: curlFailure(28, 'curl: (28) Connection timed out') };
    return /^\d+$/.test(answer) ? { ...request, status: Number(answer) } : { ...request, status: 200, answer };
  }),
  ...(wanted > answers.split(' ').length && { givenUp: '3 requests in a row failed' }),
});

describe('content', () => {
  test('passes when every server of the group answers, and no other', () => {
    expect(judgeContent(LOCATION, burst('video1 video2 video2'))).toMatchObject({
      status: 'pass',
      summary: '3 requests for /video/ were answered by video1 1, video2 2',
    });
  });

  test.each([
    [
      'another group',
      'video1 image1',
      'request 2 for /video/ was answered by "image1", which is not of its group: video1, video2',
    ],
    [
      'a real server itself',
      'rs1',
      'request 1 for /video/ was answered by "rs1", which is not of its group: video1, video2',
    ],
    ['no answer', 'video1 -', 'request 2 for /video/ was not answered: curl: (28) Connection timed out'],
    ['an error', 'video1 502', 'request 2 for /video/ was answered with HTTP status 502'],
    ['an idle server', 'video1 video1', 'none of 2 requests for /video/ was answered by video2'],
  ])('fails: %s', (_, answers, summary) => {
    expect(judgeContent(LOCATION, burst(answers))).toMatchObject({ status: 'fail', summary });
  });

  test('fails when the burst was given up', () => {
    expect(judgeContent(LOCATION, burst('video1 video2', 4))).toMatchObject({
      status: 'fail',
      summary: 'only 2 of 4 requests were made: 3 requests in a row failed',
    });
  });
});

import { expect, test } from 'vitest';
import { judgeReachable, reachable } from '../../src/checks/reachable.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const burst = burstOf(labWith(), 'rs1 rs1 rs2');

test('passes whichever real server answers', () => {
  expect(judgeReachable(burst)).toMatchObject({ status: 'pass', summary: '3 requests answered by rs1, rs2' });
});

test.each([
  ['no answer', { failure: curlFailure(7, 'curl: (7) refused') }, 'curl: (7) refused'],
  ['a page that was cut', { failure: curlFailure(18, 'curl: (18) transfer closed') }, 'curl: (18) transfer closed'],
  ['an error page', { status: 503 }, 'HTTP status 503'],
  ['a redirection', { status: 302 }, 'HTTP status 302'],
  ['a node that is no real server', { answer: 'director' }, 'the page says "director", which is no real server of web'],
  [
    'the page of a distribution',
    { answer: '<!DOCTYPE html>' },
    'the page says "<!DOCTYPE html>", which is no real server of web',
  ],
  ['an empty page', { answer: '' }, 'the page says "", which is no real server of web'],
])('fails: %s', (_, change, why) => {
  const requests = burst.requests.map((request) => (request.number === 2 ? { ...request, ...change } : request));
  expect(judgeReachable({ ...burst, requests })).toMatchObject({
    status: 'fail',
    summary: `request 2 of 3 was not answered: ${why}`,
  });
});

test('fails without requests, and tells when it was given up', () => {
  expect(judgeReachable({ ...burst, requests: [] })).toMatchObject({ status: 'fail', summary: 'no request was made' });
  const dead = { ...burstOf(labWith(), '- - -'), wanted: 20, givenUp: '3 requests in a row failed' };
  expect(judgeReachable(dead)).toMatchObject({
    status: 'fail',
    summary: expect.stringMatching(/^request 1 of 20 .* \(and 2 more\); given up: 3 requests in a row failed$/),
    evidence: [{ lines: expect.arrayContaining(['given up after 3 of 20: 3 requests in a row failed']) }],
  });
});

test('wants twice the real servers, or what it is told', () => {
  expect(reachable.requests?.(reachable.options.parse({}), serviceOf(labWith()))).toBe(4);
  expect(reachable.requests?.(reachable.options.parse({ requests: 7 }), serviceOf(labWith()))).toBe(7);
});

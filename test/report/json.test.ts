import { expect, test } from 'vitest';
import { json, jsonOfResult, jsonOfResults } from '../../src/report/json.ts';
import { BROKEN, reportOf, resultOf, VERDICTS } from './report.ts';

test('is one document of the shape that is promised', () => {
  const text = json(reportOf(VERDICTS.pass, VERDICTS.fail));
  expect(text.endsWith('}\n')).toBe(true);
  expect(JSON.parse(text)).toEqual({
    lab: 'tun-basic',
    instance: 'mine',
    provider: 'qemu',
    started: '2026-03-01T10:00:00.123Z',
    seconds: 12.346,
    exitCode: 1,
    counts: { pass: 1, fail: 1, error: 0, skip: 0 },
    diagnosis: null,
    requests: [
      {
        client: 'client',
        service: 'web',
        vip: '192.168.2.100',
        port: 80,
        wanted: 3,
        givenUp: null,
        answers: ['rs2', null, 'rs2'],
        requests: [
          {
            number: 1,
            answer: 'rs2',
            status: 200,
            failure: null,
            kind: null,
            seconds: 0.01,
            address: '192.168.1.200',
            port: 40000,
          },
          {
            number: 2,
            answer: null,
            status: null,
            failure: 'curl: (28) Connection timed out after 3001 milliseconds',
            kind: 'timeout',
            seconds: 3,
            address: null,
            port: null,
          },
          {
            number: 3,
            answer: 'rs2',
            status: 200,
            failure: null,
            kind: null,
            seconds: 0.01,
            address: '192.168.1.200',
            port: 40002,
          },
        ],
      },
    ],
    verdicts: [VERDICTS.pass, VERDICTS.fail],
    bundle: null,
    error: null,
  });
});

test('of one lab that was tested it is the same document, with its bundle', () => {
  const result = { ...resultOf('mine', VERDICTS.fail), bundle: '/bundles/1' };
  const document = JSON.parse(json(reportOf(VERDICTS.fail)));
  expect(JSON.parse(jsonOfResult(result))).toEqual({ ...document, bundle: '/bundles/1' });
});

test('of a lab that did not come up it has the same keys, and the error', () => {
  const document = JSON.parse(jsonOfResult(BROKEN));
  expect(Object.keys(document).sort()).toEqual(Object.keys(JSON.parse(json(reportOf()))).sort());
  expect(document).toMatchObject({
    lab: 'broken',
    instance: null,
    exitCode: 3,
    counts: { pass: 0, fail: 0, error: 0, skip: 0 },
    verdicts: [],
    error: { message: 'cannot boot rs1: panic\nits console said <nothing>', next: 'look at it' },
  });
});

test('of several labs it is one document, which holds theirs in the order given', () => {
  const results = [resultOf('mine', VERDICTS.pass), BROKEN, resultOf('other', VERDICTS.fail)];
  expect(JSON.parse(jsonOfResults(results))).toEqual({
    exitCode: 3,
    counts: { pass: 1, fail: 1, error: 1, skip: 0 },
    labs: results.map((result) => JSON.parse(jsonOfResult(result))),
  });
});

import { expect, test } from 'vitest';
import { json } from '../../src/report/json.ts';
import { reportOf, VERDICTS } from './report.ts';

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
            seconds: 0.01,
            address: '192.168.1.200',
            port: 40000,
          },
          {
            number: 2,
            answer: null,
            status: null,
            failure: 'curl: (28) Connection timed out after 3001 milliseconds',
            seconds: 3,
            address: null,
            port: null,
          },
          {
            number: 3,
            answer: 'rs2',
            status: 200,
            failure: null,
            seconds: 0.01,
            address: '192.168.1.200',
            port: 40002,
          },
        ],
      },
    ],
    verdicts: [VERDICTS.pass, VERDICTS.fail],
  });
});

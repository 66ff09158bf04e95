import { describe, expect, test } from 'vitest';
import { judgeRotation, rotation } from '../../src/checks/rotation.ts';
import { randomNumbers } from '../capture/bytes.ts';
import { labWith, server, serviceOf, WEB } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const three = { realServers: [...WEB.realServers, server('rs3', '192.168.2.230')] };
const judge = (answers: string, change = {}) => judgeRotation(burstOf(labWith(change), answers));

describe('rotation', () => {
  test.each([
    ['either may begin', 'rs2 rs1 rs2 rs1', {}],
    ['or the other', 'rs1 rs2 rs1 rs2', {}],
    ['a turn need not be ended', 'rs1 rs2 rs1 rs2 rs1', {}],
    ['any order that is kept', 'rs3 rs1 rs2 rs3 rs1 rs2', three],
    [
      'a server of weight 0 has no turn',
      'rs1 rs2 rs1 rs2',
      { realServers: [...WEB.realServers, server('rs3', '192.168.2.230', 0)] },
    ],
    ['one server is always in turn', 'rs1 rs1', { realServers: [server('rs1', '192.168.2.220')] }],
  ])('passes: %s', (_, answers, change) => {
    expect(judge(answers, change).status).toBe('pass');
  });

  test.each([
    [
      'one server twice',
      'rs2 rs2 rs1 rs2',
      {},
      'request 2 was answered by rs2 again, as was request 1, before the turn of rs1',
    ],
    ['a slip later on', 'rs2 rs1 rs2 rs1 rs1 rs2', {}, 'request 5 was answered by rs1, and it was the turn of rs2'],
    [
      'one server always',
      'rs1 rs1 rs1 rs1',
      {},
      'request 2 was answered by rs1 again, as was request 1, before the turn of rs2',
    ],
    [
      'a server missing',
      'rs1 rs2 rs1 rs2 rs1 rs2',
      three,
      'request 3 was answered by rs1 again, as was request 1, before the turn of rs3',
    ],
    [
      'an order that changes',
      'rs1 rs2 rs3 rs1 rs3 rs2',
      three,
      'request 5 was answered by rs3, and it was the turn of rs2',
    ],
    [
      'a server of weight 0',
      'rs1 rs2 rs1 rs2',
      { realServers: [server('rs1', '192.168.2.220'), server('rs2', '192.168.2.210', 0)] },
      'request 2 was answered by rs2, whose weight is 0',
    ],
    ['no second turn', 'rs1 rs2 rs3', three, '3 requests are fewer than two turns of 3 servers'],
    [
      'no answer',
      'rs1 rs2 - rs2',
      {},
      'request 3 of 4 was not answered: curl: (28) Connection timed out after 3001 milliseconds',
    ],
    [
      'no answer at all',
      '- - -',
      {},
      'request 1 of 3 was not answered: curl: (28) Connection timed out after 3001 milliseconds (and 2 more)',
    ],
    [
      'a machine that is no real server',
      'rs1 rs3',
      {},
      'request 2 of 2 was not answered: the page says "rs3", which is no real server of web',
    ],
  ])('fails: %s', (_, answers, change, summary) => {
    expect(judge(answers, change)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when no request was made', () => {
    expect(judgeRotation({ ...burstOf(labWith(), 'rs1'), requests: [] })).toMatchObject({ status: 'fail' });
  });

  test('shows who answered', () => {
    expect(judge('rs1 - rs2').evidence).toEqual([
      {
        title: 'answers',
        lines: ['rs1 – rs2', 'request 2: curl: (28) Connection timed out after 3001 milliseconds (3.0 s)'],
      },
    ]);
  });

  test('cannot tell of two requests over one connection', () => {
    const burst = burstOf(labWith(), 'rs1 rs2 rs1 rs2');
    const requests = burst.requests.map((request) => ({
      ...request,
      port: request.number === 4 ? 40001 : request.port,
    }));
    expect(() => judgeRotation({ ...burst, requests: requests as typeof burst.requests })).toThrow(
      'requests 2 and 4 came from the same port 40001 of client',
    );
  });

  test('finds every single answer changed in a rotation of any number of servers', () => {
    const random = randomNumbers(3);
    for (let round = 0; round < 300; round++) {
      const names = Array.from({ length: 2 + Math.floor(random() * 6) }, (_, index) => `s${index}`);
      const service = { realServers: names.map((name) => server(name, '192.168.2.9')) };
      const start = Math.floor(random() * names.length);
      const answers = Array.from(
        { length: 2 * names.length + Math.floor(random() * 9) },
        (_, index) => names[(start + index) % names.length],
      );
      expect(judge(answers.join(' '), service).status).toBe('pass');
      const changed = Math.floor(random() * answers.length);
      answers[changed] = names[(names.indexOf(answers[changed] as string) + 1) % names.length];
      expect(judge(answers.join(' '), service).status).toBe('fail');
    }
  });

  test('asks for two turns at least', () => {
    const service = serviceOf(labWith(three));
    expect(rotation.requests?.(rotation.options.parse({}), service)).toBe(10);
    expect(rotation.requests?.(rotation.options.parse({ requests: 2 }), service)).toBe(6);
    expect(rotation.options.safeParse({ request: 2 }).success).toBe(false);
  });
});

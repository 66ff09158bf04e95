import { describe, expect, test } from 'vitest';
import { judgeShare, share } from '../../src/checks/share.ts';
import type { Service } from '../../src/lab/lab.ts';
import { labWith, server, serviceOf } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const servers = (...weights: number[]) =>
  weights.map((weight, index) => server(`rs${index + 1}`, `192.168.2.${220 + index}`, weight));
const times = (counts: Record<string, number>) =>
  Object.entries(counts)
    .flatMap(([name, count]) => Array<string>(count).fill(name))
    .join(' ');
const judge = (answers: string, change: Partial<Service>, options = {}) =>
  judgeShare(
    burstOf(labWith(change), answers),
    share.options.parse({ requests: answers.split(' ').length, ...options }),
  );

describe('share', () => {
  test.each([
    ['rr, alike', { rs1: 6, rs2: 6 }, { realServers: servers(1, 1) }, {}],
    ['rr knows no weights', { rs1: 6, rs2: 6 }, { realServers: servers(5, 1) }, {}],
    ['rr amid a turn', { rs1: 7, rs2: 6, rs3: 7 }, { realServers: servers(1, 1, 1) }, {}],
    ['rr leaves out weight 0', { rs1: 6, rs2: 6 }, { realServers: servers(1, 1, 0) }, {}],
    ['wrr by the weights', { rs1: 30, rs2: 20, rs3: 10 }, { scheduler: 'wrr', realServers: servers(3, 2, 1) }, {}],
    ['wlc nearly', { rs1: 33, rs2: 18, rs3: 9 }, { scheduler: 'wlc', realServers: servers(3, 2, 1) }, {}],
    ['lc knows no weights', { rs1: 30, rs2: 30 }, { scheduler: 'lc', realServers: servers(3, 1) }, {}],
    [
      'a share of its own',
      { rs1: 12 },
      { scheduler: 'sh', realServers: servers(1, 1) },
      { share: { rs1: 1 }, tolerance: 0 },
    ],
    ['within the tolerance', { rs1: 8, rs2: 4 }, { realServers: servers(1, 1) }, { tolerance: 2 }],
    [
      'parts that are no whole numbers',
      { rs1: 4, rs2: 8 },
      { realServers: servers(1, 1) },
      { share: { rs1: 0.1, rs2: 0.2 }, tolerance: 0 },
    ],
  ] satisfies [string, Record<string, number>, Partial<Service>, object][])(
    'passes: %s',
    (_, counts, change, options) => {
      expect(judge(times(counts), change, options).status).toBe('pass');
    },
  );

  test.each([
    ['one too many', { rs1: 7, rs2: 5 }, { realServers: servers(1, 1) }, {}, 'rs1 answered 7 of 12 requests, not 6'],
    [
      'weights where there should be none',
      { rs1: 9, rs2: 3 },
      { realServers: servers(1, 1) },
      { tolerance: 2 },
      'rs1 answered 9 of 12 requests, not 6 ± 2',
    ],
    [
      'no weights where there should be',
      { rs1: 20, rs2: 20, rs3: 20 },
      { scheduler: 'wrr', realServers: servers(3, 2, 1) },
      {},
      'rs1 answered 20 of 60 requests, not 30',
    ],
    ['a server left out', { rs1: 12 }, { realServers: servers(1, 1) }, {}, 'rs1 answered 12 of 12 requests, not 6'],
    [
      'weight 0, whatever the tolerance',
      { rs1: 11, rs2: 1 },
      { scheduler: 'wlc', realServers: servers(1, 0) },
      { tolerance: 5 },
      'rs2 answered 1 of 12 requests, not 0 ± 5',
    ],
    [
      'one without an answer',
      { rs1: 6, '-': 1, rs2: 6 },
      { realServers: servers(1, 1) },
      {},
      'request 7 of 13 was not answered: curl: (28) Connection timed out after 3001 milliseconds',
    ],
  ] satisfies [string, Record<string, number>, Partial<Service>, object, string][])(
    'fails: %s',
    (_, counts, change, options, summary) => {
      expect(judge(times(counts), change, options)).toMatchObject({ status: 'fail', summary });
    },
  );

  test('fails when fewer requests were made than it wants', () => {
    const burst = burstOf(labWith(), 'rs1 rs2');
    expect(judgeShare(burst, share.options.parse({}))).toMatchObject({
      status: 'fail',
      summary: 'only 2 of 12 requests were made',
    });
  });

  test('judges whole turns of a burst that was longer', () => {
    const answers = `${times({ rs1: 6, rs2: 6 })} rs1`;
    expect(judge(answers, {}, { requests: 12 }).status).toBe('pass');
  });

  test('knows no share of schedulers that choose by the client', () => {
    expect(() => judge('rs1 rs1', { scheduler: 'sh' })).toThrow('from the scheduler sh');
    expect(() => judge('rs1 rs1', { realServers: servers(0, 0) })).toThrow('the weights do not tell');
  });

  test.each([
    [[1, 1], 'rr', 12],
    [[1, 1, 1, 1, 1], 'rr', 15],
    [[3, 2, 1], 'wrr', 12],
    [[3, 2, 1], 'rr', 12],
    [[100, 50], 'wrr', 12],
    [[101, 100], 'wrr', 120],
    [[1, 1], 'sh', 12],
  ] satisfies [number[], Service['scheduler'], number][])(
    'of weights %j under %s wants %i requests',
    (weights, scheduler, expected) => {
      const service = serviceOf(labWith({ scheduler, realServers: servers(...weights) }));
      expect(share.requests?.(share.options.parse({}), service)).toBe(expected);
    },
  );

  test('refuses options that mean nothing', () => {
    for (const options of [
      { share: { rs1: 0 } },
      { share: { rs1: -1 } },
      { tolerance: 0.5 },
      { requests: 0 },
      { weights: {} },
    ]) {
      expect(share.options.safeParse(options).success).toBe(false);
    }
    expect(share.nodes?.(share.options.parse({ share: { rs1: 1, rs2: 3 } }))).toEqual(['rs1', 'rs2']);
  });
});

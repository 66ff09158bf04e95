import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Check, CheckContext } from '../../src/checks/check.ts';
import { directReturn } from '../../src/checks/direct-return.ts';
import { encapsulated } from '../../src/checks/encapsulated.ts';
import { macRewrite } from '../../src/checks/mac-rewrite.ts';
import { reachable } from '../../src/checks/reachable.ts';
import { rotation } from '../../src/checks/rotation.ts';
import { route } from '../../src/checks/route.ts';
import { share } from '../../src/checks/share.ts';
import { answerersOf, firstTierOf, type Lab, type Service } from '../../src/lab/lab.ts';
import { parseLab } from '../../src/lab/parse.ts';
import { answerLine } from '../../src/traffic/answers.ts';
import { curlFailure } from '../../src/traffic/failure.ts';
import type { Burst, Request } from '../../src/traffic/observation.ts';
import type { Scope } from '../../src/traffic/scope.ts';
import { stepsOf, tiersOf } from '../../src/traffic/tiers.ts';
import { ipv4, tcp } from '../capture/bytes.ts';
import { Wire } from './wire.ts';

const lab = parseLab(readFileSync(new URL('../../labs/tun-two-tier.yaml', import.meta.url)), 'tun-two-tier.yaml')
  .lab as Lab;
const [GLOBAL, EAST, WEST] = lab.services as [Service, Service, Service];
const CLIENT = '192.168.1.10';
const VIP = '192.168.1.200';

const burstOf = (answers: string): Burst => {
  const requests = answers.split(' ').map((answer, index): Request => {
    const base = { number: index + 1, token: `t-${index + 1}`, seconds: 0.1 };
    return answer === '-'
      ? { ...base, failure: curlFailure(28, 'curl: (28) Connection timed out') }
      : { ...base, answer, status: 200, address: CLIENT, port: 40000 + index };
  });
  return { client: 'client', service: GLOBAL, wanted: requests.length, requests };
};

/** Ways in which the second half of a request's way can be wrong. */
interface Wrong {
  front?: 'dr';
  inside?: 'tun';
  returns?: 'dc-east';
}

const RIPS: Readonly<Record<string, { centre: string; segment: string; address: string }>> = {
  rs1: { centre: 'dc-east', segment: 'east', address: '192.168.2.101' },
  rs2: { centre: 'dc-east', segment: 'east', address: '192.168.2.102' },
  rs3: { centre: 'dc-west', segment: 'west', address: '192.168.3.103' },
};
const CENTRES: Readonly<Record<string, string>> = { 'dc-east': '192.168.1.2', 'dc-west': '192.168.1.3' };

/** Both packets of each side that checks ask for: the one that opens a connection, and one that holds something. */
const trafficOf = (burst: Burst, wrong: Wrong): Wire => {
  const wire = new Wire(lab);
  for (const { answer = '', port = 0, token } of burst.requests) {
    const server = RIPS[answer];
    if (!server) continue;
    const { centre, segment, address } = server;
    for (const [flags, payload] of [
      ['S', ''],
      ['P.', `GET /?lab=${token} HTTP/1.1\r\n\r\n`],
    ] as const) {
      const request = ipv4({
        source: CLIENT,
        destination: VIP,
        protocol: 6,
        payload: tcp({ from: port, to: 80, flags, payload }),
      });
      wire.ip('wan', 'client', 'front', request);
      const outer = { source: '192.168.1.100', destination: CENTRES[centre] as string, protocol: 4, payload: request };
      wire.ip('wan', 'front', centre, wrong.front === 'dr' ? request : ipv4(outer));
      const inner = { source: '192.168.2.1', destination: address, protocol: 4, payload: request };
      wire.ip(segment, centre, answer, wrong.inside === 'tun' ? ipv4(inner) : request);
    }
    for (const [flags, payload] of [
      ['S.', ''],
      ['P.', `HTTP/1.1 200 OK\r\n\r\n${answer}\n`],
    ] as const) {
      const reply = ipv4({
        source: VIP,
        destination: CLIENT,
        protocol: 6,
        payload: tcp({ from: 80, to: port, flags, payload }),
      });
      if (wrong.returns === centre) wire.ip(segment, answer, centre, reply);
      wire.ip('wan', wrong.returns === centre ? centre : answer, 'client', reply);
    }
  }
  return wire;
};

const run = async <Options extends Scope>(
  check: Check<Options>,
  answers = 'rs3 rs1 rs3 rs2 rs3 rs1 rs3 rs2',
  wrong: Wrong = {},
  given: object = {},
) => {
  const burst = burstOf(answers);
  const sightings = trafficOf(burst, wrong).sightings();
  const observation = { bursts: () => [burst], sightings: () => sightings, seen: sightings };
  return check.run({ lab, observation } as unknown as CheckContext, check.options.parse(given));
};

describe('a lab of two tiers', () => {
  test('knows which services clients request, and who answers them', () => {
    expect(lab.services.map(({ upstream, clients }) => [upstream, clients])).toEqual([
      [undefined, ['client']],
      ['global', []],
      ['global', []],
    ]);
    expect(firstTierOf(lab, WEST)).toBe(GLOBAL);
    expect(answerersOf(GLOBAL)).toEqual(['rs1', 'rs2', 'rs3']);
    expect(EAST.realServers.map(({ address }) => address)).toEqual(['192.168.2.101', '192.168.2.102']);
  });

  test('has a way for each request, and of each burst what its tiers got', () => {
    const burst = burstOf('rs3 rs1 -');
    expect(answerLine(burst)).toBe('dc-west/rs3 dc-east/rs1 –');
    const ways = burst.requests.map((request) =>
      stepsOf(lab, burst, request).map(({ service, server }) => `${service.director} → ${server.node}`),
    );
    expect(ways).toEqual([['front → dc-west', 'dc-west → rs3'], ['front → dc-east', 'dc-east → rs1'], []]);
    expect(tiersOf(lab, burst).map((tier) => `${tier.service.name}: ${answerLine(tier)}`)).toEqual([
      'global: dc-west/rs3 dc-east/rs1 –',
      'east: rs1',
      'west: rs3',
    ]);
  });
});

describe('checks of a lab of two tiers', () => {
  test.each([
    [reachable, '8 requests answered by rs1, rs2, rs3'],
    [rotation, 'east from client: 4 requests answered in turn: rs1 rs2, and again'],
    [share, 'east from client: of 4 requests: rs1 2, rs2 2'],
    [encapsulated, '8 requests went from front to their real servers as IP protocol 4'],
    [macRewrite, 'west from client: the frames of 4 requests went on to rs3 (52:54:00:03:00:07), still for'],
    [directReturn, `replies to 8 requests came from ${VIP} past front, dc-west, dc-east`],
    [route, 'replies came by rs3 → client and rs1 → client and rs2 → client'],
  ])('pass: $name', async (check, summary) => {
    const outcome = await run(check as Check<Scope>, undefined, {}, check === share ? { requests: 8 } : {});
    expect(outcome).toMatchObject({ status: 'pass', summary: expect.stringContaining(summary) });
  });

  test.each([
    [
      rotation,
      'rs3 rs1 rs3 rs1 rs3 rs2 rs3 rs2',
      'east from client: request 2 was answered by rs1 again, as was request',
    ],
    [rotation, 'rs3 rs3 rs1 rs2 rs1 rs2 rs3 rs3', 'global from client: request 2 was answered by dc-west again'],
    [share, 'rs3 rs1 rs3 rs1 rs3 rs1 rs3 rs2', 'east from client: rs1 answered 3 of 4 requests, not 2'],
    [reachable, 'rs3 rs1 rs3 -', 'request 4 of 4 was not answered'],
  ])('fail: $name of %s', async (check, answers, summary) => {
    const outcome = await run(check as Check<Scope>, answers, {}, check === share ? { requests: 8 } : {});
    expect(outcome).toMatchObject({ status: 'fail', summary: expect.stringContaining(summary) });
  });

  test.each([
    [encapsulated, { front: 'dr' }, 'request 1: a packet to 192.168.1.200 went from front'],
    [macRewrite, { inside: 'tun' }, 'request 1: dc-west sent on no packet of it that is still for'],
    [directReturn, { returns: 'dc-east' }, 'request 2: a reply crossed a director: it went from rs1'],
    [route, { returns: 'dc-east' }, 'request 2: dc-east sent a reply to client, which is not on the way rs1 → client'],
  ] satisfies [unknown, Wrong, string][])('fail: $0.name where %o', async (check, wrong, summary) => {
    const outcome = await run(check as unknown as Check<Scope>, undefined, wrong);
    expect(outcome).toMatchObject({ status: 'fail', summary: expect.stringContaining(summary) });
  });

  test('look at one tier only where that is asked for', async () => {
    expect(await run(rotation, 'rs3 rs3 rs1 rs2 rs1 rs2', {}, { services: ['east'] })).toMatchObject({
      status: 'pass',
      summary: '4 requests answered in turn: rs1 rs2, and again',
    });
  });

  test('skip a tier that no request came to', async () => {
    expect(await run(macRewrite, 'rs3 rs3')).toMatchObject({
      status: 'pass',
      summary: expect.stringContaining('west from client'),
    });
    expect(await run(macRewrite, 'rs3 rs3', {}, { services: ['east'] })).toMatchObject({
      status: 'skip',
      summary: 'no request was answered through dc-east',
    });
  });

  test('take the shares that are given for one tier for that tier', async () => {
    expect(
      await run(share, 'rs3 rs1 rs3 rs2', {}, { requests: 4, share: { 'dc-east': 1, 'dc-west': 1 } }),
    ).toMatchObject({ status: 'pass', summary: 'global from client: of 4 requests: dc-east 2, dc-west 2' });
  });
});

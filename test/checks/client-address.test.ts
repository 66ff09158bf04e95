import { describe, expect, test } from 'vitest';
import { judgeClientAddress } from '../../src/checks/client-address.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf } from '../traffic/wire.ts';

const lab = labWith();
const CLIENT = '192.168.1.200';
const line = (address: string, token: string) =>
  `${address} - - [01/Mar/2026:10:00:00 +0000] "GET /?lab=${token} HTTP/1.1" 200 4 "-" "curl/7.88.1"`;
const logsOf = (burst: Burst, address = CLIENT, write = line) => {
  const logs = new Map<string, string[]>();
  for (const { answer, token } of burst.requests) {
    if (answer) logs.set(answer, [...(logs.get(answer) ?? []), write(address, token)]);
  }
  return logs;
};
const judge = (sabotage: Sabotage = {}, logged = CLIENT, answers = 'rs2 rs1 rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeClientAddress(lab, burst, trafficOf(lab, burst, sabotage).sightings(), logsOf(burst, logged));
};

describe('client-address', () => {
  test.each(['tun', 'dr', 'nat'] as const)('passes when log and wire name the client, by %s', (forward) => {
    expect(judge({ forward })).toMatchObject({
      status: 'pass',
      summary: `the real servers saw ${CLIENT} in 4 requests`,
    });
  });

  test('tells the first of more than nine requests from the tenth', () => {
    expect(judge({}, CLIENT, Array(12).fill('rs1').join(' ')).status).toBe('pass');
  });

  test('reads the address behind the name of a virtual host', () => {
    const burst = burstOf(lab, 'rs1');
    const logs = logsOf(burst, CLIENT, (address, token) => `rs1.lab:80 ${line(address, token)}`);
    expect(judgeClientAddress(lab, burst, trafficOf(lab, burst).sightings(), logs).status).toBe('pass');
  });

  test.each([
    [
      'translation on the real server, which the wire does not show',
      {},
      '192.168.2.210',
      `request 1: the web server of rs2 saw 192.168.2.210, and not the client's address ${CLIENT}`,
    ],
    [
      'a masquerading router',
      { translated: '192.168.2.1' },
      '192.168.2.1',
      `request 1: the web server of rs2 saw 192.168.2.1, and not the client's address ${CLIENT}`,
    ],
    [
      'a log that is mended and a wire that is not',
      { translated: '192.168.2.1' },
      CLIENT,
      `request 1: it arrived at rs2 from 192.168.2.1, and not from the client's address ${CLIENT}`,
    ],
  ] satisfies [string, Sabotage, string, string][])('fails: %s', (_, sabotage, logged, summary) => {
    expect(judge(sabotage, logged)).toMatchObject({ status: 'fail', summary });
  });

  test('fails without a line in the log, or with that of another request', () => {
    const burst = burstOf(lab, 'rs1');
    const sightings = trafficOf(lab, burst).sightings();
    const summary = 'request 1: the access log of rs1, which answered it, has no line of it';
    expect(judgeClientAddress(lab, burst, sightings, new Map())).toMatchObject({ status: 'fail', summary });
    const other = new Map([['rs1', [line(CLIENT, 't0x1-11')]]]);
    expect(judgeClientAddress(lab, burst, sightings, other)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when the request was not seen to arrive', () => {
    const burst = burstOf(lab, 'rs1');
    expect(judgeClientAddress(lab, burst, [], logsOf(burst))).toMatchObject({
      status: 'fail',
      summary: 'request 1: it was not seen to arrive at rs1',
    });
  });

  test('fails when the client left from an address that the lab does not know', () => {
    const burst = burstOf(lab, 'rs1');
    const requests = burst.requests.map((request) => ({ ...request, address: '10.0.2.15' }));
    expect(judgeClientAddress(lab, { ...burst, requests }, [], logsOf(burst, '10.0.2.15'))).toMatchObject({
      status: 'fail',
      summary: 'request 1: client sent it from 10.0.2.15, which is none of its addresses in the lab',
    });
  });

  test('fails on a request without an answer', () => {
    expect(judge({}, CLIENT, 'rs2 -').summary).toMatch(/^request 2 of 2 was not answered/);
  });
});

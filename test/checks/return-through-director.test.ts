import { describe, expect, test } from 'vitest';
import { judgeReturnThroughDirector } from '../../src/checks/return-through-director.ts';
import { labWith, WEB } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf } from '../traffic/wire.ts';

const realServers = WEB.realServers.map((server) => ({ ...server, port: 8080 }));
const lab = labWith({ forward: 'nat', realServers });
const judge = (sabotage: Sabotage = {}, answers = 'rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeReturnThroughDirector(lab, burst, trafficOf(lab, burst, sabotage).sightings());
};

describe('return-through-director', () => {
  test('passes when the director puts the VIP and its port in place of the real server', () => {
    expect(judge()).toMatchObject({
      status: 'pass',
      summary:
        'replies to 2 requests came from 192.168.2.220:8080, 192.168.2.210:8080 through director, and from 192.168.2.100:80 after it',
    });
  });

  test.each([
    ['another gateway', { gateway: 'router' }, 'request 1: no reply was seen that reached director'],
    [
      'a director that leaves the source alone',
      { replySource: '192.168.2.210' },
      'request 1: a reply left director with the source 192.168.2.210:80, and not 192.168.2.100:80',
    ],
  ] satisfies [string, Sabotage, string][])('fails: %s', (_, sabotage, summary) => {
    expect(judge(sabotage)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a request is not answered', () => {
    expect(judge({}, 'rs2 -').status).toBe('fail');
  });
});

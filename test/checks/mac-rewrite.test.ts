import { describe, expect, test } from 'vitest';
import { judgeMacRewrite } from '../../src/checks/mac-rewrite.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf } from '../traffic/wire.ts';

const lab = labWith({ forward: 'dr' });
const judge = (sabotage: Sabotage = {}, answers = 'rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeMacRewrite(lab, burst, trafficOf(lab, burst, sabotage).sightings());
};

describe('mac-rewrite', () => {
  test('passes when frames go on to the real server, still for the VIP', () => {
    expect(judge()).toMatchObject({
      status: 'pass',
      summary:
        'the frames of 2 requests went on to rs1 (52:54:00:02:00:04), rs2 (52:54:00:02:00:05), still for 192.168.2.100',
    });
  });

  test.each([
    ['ipvsadm -i', { forward: 'tun' }],
    ['ipvsadm -m', { forward: 'nat' }],
  ] satisfies [string, Sabotage][])('fails: %s', (_, sabotage) => {
    const summary = 'request 1: director sent on no packet of it that is still for 192.168.2.100';
    expect(judge(sabotage)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a part of a request goes another way', () => {
    const summary = 'request 1: director sent on no packet like the one that reached it, of 20 bytes';
    expect(judge({ forward: 'tun', tunnels: (flags) => flags === 'S' })).toMatchObject({ status: 'fail', summary });
  });

  test('does not mind that the captures end before the last packet is sent on', () => {
    const burst = burstOf(lab, 'rs2 rs1');
    const wire = trafficOf(lab, burst);
    const all = wire.sightings();
    const toDirector = wire.mac('director', 'inside');
    const last = all.findLastIndex(
      ({ node, packet }) => node === 'director' && packet.ethernet?.destination === toDirector,
    );
    expect(last).toBeLessThan(all.length - 1);
    expect(judgeMacRewrite(lab, burst, all.slice(0, last + 1)).status).toBe('pass');
  });

  test('fails when a request is not answered', () => {
    expect(judge({}, 'rs2 -').status).toBe('fail');
  });
});

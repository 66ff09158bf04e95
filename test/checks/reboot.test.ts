import { describe, expect, test } from 'vitest';
import { judgeReboot, reboot } from '../../src/checks/reboot.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf } from '../traffic/wire.ts';

const STATE = ['address eth1 inet 192.168.2.220/24', 'sysctl net.ipv4.conf.all.arp_ignore = 1'];
const judge = (after: string[], answers = 'rs1 rs2') =>
  judgeReboot(new Map([['rs1', STATE]]), new Map([['rs1', after]]), [burstOf(labWith(), answers)]);

describe('reboot', () => {
  test('passes when all is as before', () => {
    expect(judge(STATE)).toMatchObject({
      status: 'pass',
      summary: '1 node rebooted, and 2 lines of state are as before',
    });
  });

  test.each([
    ['a line is gone', STATE.slice(0, 1), 'after the reboot rs1 lacks: sysctl net.ipv4.conf.all.arp_ignore = 1'],
    ['a line is new', [...STATE, 'route x'], 'after the reboot rs1 has: route x'],
    ['all is gone', [], 'after the reboot rs1 lacks: address eth1 inet 192.168.2.220/24 (and 1 more)'],
  ])('fails when %s', (_, after, summary) => {
    expect(judge(after)).toMatchObject({ status: 'fail', summary });
  });

  test.each([
    [{}, ['rs1', 'rs2'], { nodes: ['rs1', 'rs2'] }],
    [{ nodes: ['rs1', 'client'] }, ['rs1'], { nodes: ['rs1'] }],
    [{ nodes: ['client'] }, ['rs1'], { nodes: ['client'] }],
  ])('with %j, where %j were touched, reboots %j', (given, touched, expected) => {
    expect(reboot.about?.(given, touched)).toEqual(expected);
  });

  test('fails when the state is there and requests are not answered', () => {
    expect(judge(STATE, 'rs1 -')).toMatchObject({
      status: 'fail',
      summary: expect.stringMatching(/^after the reboot, web from client: request 2 of 2 was not answered/),
    });
  });
});

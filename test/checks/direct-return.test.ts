import { describe, expect, test } from 'vitest';
import { directReturn, judgeDirectReturn } from '../../src/checks/direct-return.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf } from '../traffic/wire.ts';

const lab = labWith();
const judge = (sabotage: Sabotage = {}, answers = 'rs2 rs1 rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeDirectReturn(lab, burst, trafficOf(lab, burst, sabotage).sightings());
};

describe('direct-return', () => {
  test('passes when replies go past the director, though a switch shows them to it', () => {
    expect(judge()).toMatchObject({
      status: 'pass',
      summary: 'replies to 4 requests came from 192.168.2.100 past director',
    });
  });

  test.each([
    [
      'the director as gateway',
      { gateway: 'director' },
      'request 1: a reply crossed the director: it went from rs2 (52:54:00:02:00:05) to director (52:54:00:02:00:03)',
    ],
    [
      'a single packet by the director',
      { detours: (flags) => flags === 'F.' },
      'request 1: a reply crossed the director: it went from rs2 (52:54:00:02:00:05) to director (52:54:00:02:00:03)',
    ],
    [
      'the RIP as source',
      { replySource: '192.168.2.210' },
      'request 1: a reply left rs2 with the source 192.168.2.210:80, and not 192.168.2.100:80',
    ],
    ['a translated client', { translated: '192.168.2.1' }, 'request 1: no reply was seen that left rs2'],
  ] satisfies [string, Sabotage, string][])('fails: %s', (_, sabotage, summary) => {
    expect(judge(sabotage)).toMatchObject({ status: 'fail', summary });
  });

  test.each([
    ['nothing', () => false, 'no reply was seen that left rs1'],
    ['nothing of the real server', (node: string) => node !== 'rs1', 'no reply was seen that left rs1'],
    ['nothing of the client', (node: string) => node !== 'client', 'no reply was seen that reached client'],
  ])('fails when the captures hold %s', (_, keeps, summary) => {
    const burst = burstOf(lab, 'rs1');
    const sightings = trafficOf(lab, burst)
      .sightings()
      .filter(({ node }) => keeps(node));
    expect(judgeDirectReturn(lab, burst, sightings)).toMatchObject({
      status: 'fail',
      summary: `request 1: ${summary}`,
    });
  });

  test('fails when no page was seen', () => {
    const burst = burstOf(lab, 'rs1');
    const sightings = trafficOf(lab, burst)
      .sightings()
      .filter(({ packet }) => !packet.ip?.tcp?.payload.length);
    expect(judgeDirectReturn(lab, burst, sightings).summary).toBe('request 1: no page was seen that left rs1');
  });

  test('fails on a request without an answer', () => {
    expect(judge({}, 'rs2 -')).toMatchObject({
      status: 'fail',
      summary: expect.stringMatching(/^request 2 of 2 was not answered/),
    });
  });

  test('does not apply to a service with forward: nat', async () => {
    const other = labWith({ forward: 'nat' });
    const observation = { bursts: () => [burstOf(other, 'rs1 rs2')], sightings: () => [], seen: [] };
    const context = { lab: other, observation, guest: () => Promise.reject(), capture: () => Promise.reject() };
    expect(await directReturn.run(context, {})).toMatchObject({ status: 'skip' });
  });
});

import { describe, expect, test } from 'vitest';
import { encapsulated, judgeEncapsulated } from '../../src/checks/encapsulated.ts';
import { labWith } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf, Wire } from '../traffic/wire.ts';

const lab = labWith();
const judge = (sabotage: Sabotage = {}, answers = 'rs2 rs1 rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeEncapsulated(lab, burst, trafficOf(lab, burst, sabotage).sightings());
};
const DIRECTOR = 'director (52:54:00:02:00:03)';
const RS2 = 'rs2 (52:54:00:02:00:05)';

describe('encapsulated', () => {
  test('passes when the director tunnels every packet', () => {
    const outcome = judge();
    expect(outcome).toMatchObject({
      status: 'pass',
      summary: '4 requests went from director to their real servers as IP protocol 4',
    });
    expect(outcome.evidence[0]).toMatchObject({ title: 'packets of request 1' });
  });

  test.each([
    [
      'ipvsadm -g',
      { forward: 'dr' },
      `request 1: a packet to 192.168.2.100 went from ${DIRECTOR} to ${RS2} without a tunnel`,
    ],
    [
      'ipvsadm -m',
      { forward: 'nat' },
      `request 1: a packet to 192.168.2.210 went from ${DIRECTOR} to ${RS2} without a tunnel`,
    ],
    [
      'only the SYN tunnelled',
      { tunnels: (flags) => flags === 'S' },
      `request 1: a packet to 192.168.2.100 went from ${DIRECTOR} to ${RS2} without a tunnel`,
    ],
    [
      'the VIP outside',
      { outerSource: '192.168.2.100' },
      'request 1: the outer source is the VIP 192.168.2.100, and not an address of director itself',
    ],
    [
      'a stranger outside',
      { outerSource: '192.168.2.1' },
      'request 1: the outer source is 192.168.2.1, and not an address of director',
    ],
    [
      'another server outside',
      { outerDestination: '192.168.2.220' },
      'request 1: the outer destination is 192.168.2.220, and rs2 (192.168.2.210) answered',
    ],
    ['a translated client', { translated: '192.168.2.1' }, 'request 1: director sent no packet of it in a tunnel'],
  ] satisfies [string, Sabotage, string][])('fails: %s', (_, sabotage, summary) => {
    expect(judge(sabotage)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when the tunnel is of another type than the lab file says', () => {
    const gre = labWith({ tunType: 'gre' });
    const burst = burstOf(gre, 'rs2 rs1');
    expect(judgeEncapsulated(gre, burst, trafficOf(gre, burst).sightings())).toMatchObject({
      status: 'fail',
      summary: 'request 1: director sent a packet of it as IP protocol 4, and not in GRE (IP protocol 47)',
    });
  });

  test('fails on a single request of many', () => {
    const burst = burstOf(lab, 'rs1 rs2');
    const [first, second] = burst.requests.map((request) => ({ ...burst, requests: [request] }));
    const wire = trafficOf(lab, second as typeof burst, { forward: 'dr' }, trafficOf(lab, first as typeof burst));
    expect(judgeEncapsulated(lab, burst, wire.sightings()).summary).toMatch(/^request 2: a packet to/);
  });

  test.each([
    ['nothing', () => false, 'director sent no packet of it in a tunnel'],
    ['nothing of the director', (node: string) => node !== 'director', 'director sent no packet of it in a tunnel'],
    ['nothing of the real server', (node: string) => node !== 'rs1', 'rs1 received no packet of it in a tunnel'],
  ])('fails when the captures hold %s', (_, keeps, summary) => {
    const burst = burstOf(lab, 'rs1');
    const sightings = trafficOf(lab, burst)
      .sightings()
      .filter(({ node }) => keeps(node));
    expect(judgeEncapsulated(lab, burst, sightings)).toMatchObject({
      status: 'fail',
      summary: `request 1: ${summary}`,
    });
  });

  test('fails when SYN or request were not seen', () => {
    const burst = burstOf(lab, 'rs1');
    const sightings = trafficOf(lab, burst).sightings();
    const without = (drops: (flags: { syn: boolean; psh: boolean }) => boolean) =>
      judgeEncapsulated(
        lab,
        burst,
        sightings.filter(({ packet }) => !drops(packet.ip?.inner?.tcp?.flags ?? { syn: false, psh: false })),
      ).summary;
    expect(without(({ syn }) => syn)).toBe('request 1: director sent no SYN of it in a tunnel');
    expect(without(({ psh }) => psh)).toBe('request 1: director sent nothing of it in a tunnel but empty packets');
  });

  test('fails on a request without an answer, and shows how far it came', () => {
    const { status, summary, evidence } = judge({}, 'rs2 - rs2');
    expect({ status, summary }).toEqual({
      status: 'fail',
      summary: 'request 2 of 3 was not answered: curl: (28) Connection timed out after 3001 milliseconds',
    });
    const syn = 'IP 192.168.1.200.40001 > 192.168.2.100.80: Flags [S], seq 201, length 0';
    expect(evidence[1]).toEqual({
      title: 'packets of request 2',
      columns: ['ms', 'node', 'segment', '', 'packet'],
      rows: [
        ['0.0', 'client', 'outside', 'out', syn],
        ['0.5', 'router', 'outside', 'in', syn],
        ['1.0', 'router', 'inside', 'out', syn],
        ['1.5', 'director', 'inside', 'in', syn],
        ['2.0', 'director', 'inside', 'out', `IP 192.168.2.200 > 192.168.2.220: ${syn}`],
        ['2.5', 'rs1', 'inside', 'in', `IP 192.168.2.200 > 192.168.2.220: ${syn}`],
      ],
    });
  });

  test('shows that nobody told the router where the VIP is', () => {
    const burst = burstOf(lab, '-');
    const wire = new Wire(lab);
    wire.arp('inside', 1, 'router', '192.168.2.1', '', '192.168.2.100');
    wire.arp('inside', 1, 'router', '192.168.2.1', '', '192.168.2.220');
    const journey = judgeEncapsulated(lab, burst, wire.sightings()).evidence[1];
    expect(journey).toMatchObject({
      rows: [['0.0', 'router', 'inside', 'out', 'ARP, Request who-has 192.168.2.100 tell 192.168.2.1']],
    });
    expect(judgeEncapsulated(lab, burst, []).evidence[1]).toMatchObject({
      lines: ['no NIC of the lab saw a packet of it'],
    });
  });

  test.each(['dr', 'nat'] as const)('does not apply to a service with forward: %s', async (forward) => {
    const other = labWith({ forward });
    const burst = burstOf(other, 'rs1 rs2');
    const observation = { bursts: () => [burst], sightings: () => [], seen: [] };
    const context = { lab: other, observation, guest: () => Promise.reject(), capture: () => Promise.reject() };
    expect(await encapsulated.run(context, {})).toMatchObject({ status: 'skip' });
  });
});

import { describe, expect, test } from 'vitest';
import { judgeArpOwner } from '../../src/checks/arp-owner.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { Wire } from '../traffic/wire.ts';

const lab = labWith();
const VIP = '192.168.2.100';
const ROUTER = '192.168.2.1';

/** What the router saw when these nodes answered its question. */
const judge = (answering: string[], { before = new Wire(lab), asks = true } = {}) => {
  const wire = new Wire(lab);
  if (asks) wire.arp('inside', 1, 'router', ROUTER, '', VIP);
  for (const node of answering) wire.arp('inside', 2, node, VIP, 'router', ROUTER);
  const asked = { sightings: wire.sightings().filter(({ node }) => node === 'router'), output: 'Sent 3 probes' };
  return judgeArpOwner(lab, serviceOf(lab), 'router', asked, before.sightings());
};

describe('arp-owner', () => {
  test('passes when the director alone answers, however often', () => {
    expect(judge(['director', 'director'])).toMatchObject({
      status: 'pass',
      summary: "only director (52:54:00:02:00:03) answered router's ARP for 192.168.2.100",
    });
  });

  test.each([
    [
      'two machines',
      ['director', 'rs1'],
      'director (52:54:00:02:00:03) and rs1 (52:54:00:02:00:04) answered ARP for 192.168.2.100',
    ],
    [
      'a real server, later',
      ['director', 'director', 'rs2'],
      'director (52:54:00:02:00:03) and rs2 (52:54:00:02:00:05) answered ARP for 192.168.2.100',
    ],
    [
      'a real server alone',
      ['rs1'],
      'rs1 (52:54:00:02:00:04) answered ARP for 192.168.2.100, and not director (52:54:00:02:00:03)',
    ],
    ['nobody', [], 'nobody answered ARP for 192.168.2.100'],
  ])('fails: %s', (_, answering, summary) => {
    expect(judge(answering)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a machine that is no node answers', () => {
    const stranger = {
      ...lab,
      nodes: lab.nodes.map((node) =>
        node.name === 'rs3' ? { ...node, links: [{ ...node.links[0], mac: '52:54:00:99:99:99' }] } : node,
      ),
    } as typeof lab;
    const wire = new Wire(stranger);
    wire.arp('inside', 1, 'router', ROUTER, '', VIP);
    wire.arp('inside', 2, 'rs3', VIP, 'router', ROUTER);
    const asked = { sightings: wire.sightings().filter(({ node }) => node === 'router'), output: '' };
    expect(judgeArpOwner(lab, serviceOf(lab), 'router', asked, []).summary).toMatch(
      /^52:54:00:99:99:99 \(no node of the lab\) answered/,
    );
  });

  test('fails when a real server asks for its gateway in the name of the VIP', () => {
    const before = new Wire(lab);
    before.arp('inside', 1, 'rs2', VIP, '', ROUTER);
    const outcome = judge(['director'], { before });
    expect(outcome).toMatchObject({
      status: 'fail',
      summary: 'rs2 (52:54:00:02:00:05) claimed 192.168.2.100 in an ARP request',
    });
    expect(outcome.evidence[0]).toMatchObject({
      lines: expect.arrayContaining([
        'rs2 (52:54:00:02:00:05) on inside: ARP, Request who-has 192.168.2.1 tell 192.168.2.100',
      ]),
    });
  });

  test('lets the director announce its VIP, and others ask for it', () => {
    const before = new Wire(lab);
    before.arp('inside', 1, 'director', VIP, '', VIP);
    before.arp('inside', 1, 'rs2', '192.168.2.210', '', VIP);
    expect(judge(['director'], { before }).status).toBe('pass');
  });

  test('says nothing of silence when no question was seen', () => {
    expect(() => judge([], { asks: false })).toThrow(
      'no ARP request of router was seen on segment inside; arping wrote: Sent 3 probes',
    );
  });
});

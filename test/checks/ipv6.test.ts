import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeArpOwner } from '../../src/checks/arp-owner.ts';
import { judgeDirectReturn } from '../../src/checks/direct-return.ts';
import { judgeEncapsulated } from '../../src/checks/encapsulated.ts';
import type { Lab, Service } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';
import { projectDir } from '../../src/support/paths.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { ethernet, ipv6, neighbour, tcp } from '../capture/bytes.ts';
import { Wire } from '../traffic/wire.ts';

// What the checks make of IPv6 on the wire, in the lab tun-ipv6: next header 41, and neighbour discovery in the place of ARP.

const lab = (await loadLab(join(projectDir, 'labs', 'tun-ipv6.yaml'))).lab as Lab;
const service = lab.services[0] as Service;
const [CLIENT, VIP, DIRECTOR, ROUTER, RS1] = ['fd00:1::200', 'fd00:2::100', 'fd00:2::200', 'fd00:2::1', 'fd00:2::220'];
const ETHERTYPE = 0x86dd;

const burst: Burst = {
  client: 'client',
  service,
  wanted: 1,
  requests: [{ number: 1, token: 't-1', answer: 'rs1', status: 200, seconds: 0.01, address: CLIENT, port: 40000 }],
};

interface Odd {
  outerSource?: string;
  tunnelled?: boolean;
  protocol?: number;
  gateway?: string;
}

/** One request and its answer. */
const traffic = ({ outerSource = DIRECTOR, tunnelled = true, protocol = 41, gateway = 'router' }: Odd = {}) => {
  const wire = new Wire(lab);
  for (const [flags, payload] of [
    ['S', ''],
    ['.', ''],
    ['P.', 'GET /?lab=t-1 HTTP/1.1'],
  ] as const) {
    const sequence = payload.length + flags.length;
    const request = ipv6({
      source: CLIENT,
      destination: VIP,
      protocol: 6,
      payload: tcp({ from: 40000, to: 80, flags, sequence, payload }),
    });
    wire.hop('outside', 'client', 'router', ETHERTYPE, request);
    wire.hop('inside', 'router', 'director', ETHERTYPE, request);
    const outer = ipv6({ source: outerSource, destination: RS1, protocol, payload: request });
    wire.hop('inside', 'director', 'rs1', ETHERTYPE, tunnelled ? outer : request);
  }
  for (const [flags, payload] of [
    ['S.', ''],
    ['P.', 'rs1'],
  ] as const) {
    const reply = ipv6({
      source: VIP,
      destination: CLIENT,
      protocol: 6,
      payload: tcp({ from: 80, to: 40000, flags, sequence: payload.length, payload }),
    });
    wire.hop('inside', 'rs1', gateway, ETHERTYPE, reply);
    if (gateway !== 'router') wire.hop('inside', gateway, 'router', ETHERTYPE, reply);
    wire.hop('outside', 'router', 'client', ETHERTYPE, reply);
  }
  return wire.sightings();
};

describe('encapsulated', () => {
  test('passes when every packet is in an IPv6 packet from the director', () => {
    expect(judgeEncapsulated(lab, burst, traffic())).toMatchObject({
      status: 'pass',
      summary: '1 requests went from director to their real servers as IPv6 next header 41',
    });
  });

  test.each([
    [
      'no tunnel',
      { tunnelled: false },
      'request 1: a packet to fd00:2::100 went from director (52:54:00:02:00:03) to rs1 (52:54:00:02:00:04) without a tunnel',
    ],
    [
      'a VIP that is preferred',
      { outerSource: VIP },
      'request 1: the outer source is the VIP fd00:2::100, and not an address of director itself',
    ],
    ['another next header', { protocol: 47 }, 'request 1: director sent no packet of it in a tunnel'],
  ] satisfies [string, Odd, string][])('fails: %s', (_, odd, summary) => {
    expect(judgeEncapsulated(lab, burst, traffic(odd))).toMatchObject({ status: 'fail', summary });
  });
});

describe('direct-return', () => {
  test('passes when replies go past the director', () => {
    expect(judgeDirectReturn(lab, burst, traffic())).toMatchObject({
      status: 'pass',
      summary: 'replies to 1 requests came from fd00:2::100 past director',
    });
  });

  test('fails when they cross it', () => {
    expect(judgeDirectReturn(lab, burst, traffic({ gateway: 'director' }))).toMatchObject({
      status: 'fail',
      summary:
        'request 1: a reply crossed the director: it went from rs1 (52:54:00:02:00:04) to director (52:54:00:02:00:03)',
    });
  });
});

describe('arp-owner', () => {
  /** What the router saw when it asked and these nodes answered; before that a machine may have said that it has the VIP. */
  const judge = (answering: readonly string[], { asks = true, claims = [] as readonly string[] } = {}) => {
    const wire = new Wire(lab);
    const message = (from: string, source: string, destination: string, type: 135 | 136, target: string) =>
      ethernet(
        wire.mac(from, 'inside'),
        destination === ROUTER ? wire.mac('router', 'inside') : '33:33:ff:00:01:00',
        ETHERTYPE,
        ipv6({
          source,
          destination,
          protocol: 58,
          hopLimit: 255,
          payload: neighbour(type, target, wire.mac(from, 'inside')),
        }),
      );
    const group = 'ff02::1:ff00:100';
    if (asks) wire.frame('inside', ['router'], message('router', ROUTER, group, 135, VIP));
    for (const node of claims) wire.frame('inside', ['router'], message(node, VIP, 'ff02::1:ff00:1', 135, ROUTER));
    for (const node of answering) wire.frame('inside', ['router'], message(node, VIP, ROUTER, 136, VIP));
    return judgeArpOwner(lab, service, 'router', { sightings: wire.sightings(), output: '1 received' }, []);
  };

  test('passes when the director alone answers neighbour solicitations', () => {
    expect(judge(['director'])).toMatchObject({
      status: 'pass',
      summary: "only director (52:54:00:02:00:03) answered router's neighbour solicitations for fd00:2::100",
    });
  });

  test.each([
    [
      'two machines',
      ['director', 'rs1'],
      'director (52:54:00:02:00:03) and rs1 (52:54:00:02:00:04) answered neighbour solicitations for fd00:2::100',
    ],
    [
      'another one',
      ['rs1'],
      'rs1 (52:54:00:02:00:04) answered neighbour solicitations for fd00:2::100, and not director (52:54:00:02:00:03)',
    ],
    ['nobody', [], 'nobody answered neighbour solicitations for fd00:2::100'],
  ])('fails: %s', (_, answering, summary) => {
    expect(judge(answering)).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a real server asks for its gateway in the name of the VIP', () => {
    expect(judge(['director'], { claims: ['rs2'] })).toMatchObject({
      status: 'fail',
      summary: 'rs2 (52:54:00:02:00:05) claimed fd00:2::100 in a neighbour solicitation',
    });
  });

  test('says nothing of silence when no question was seen', () => {
    expect(() => judge([], { asks: false })).toThrow(
      'no neighbour solicitation of router was seen on segment inside; ping wrote: 1 received',
    );
  });
});

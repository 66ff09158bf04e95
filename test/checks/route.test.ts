import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeRoute } from '../../src/checks/route.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { parseLab } from '../../src/lab/parse.ts';
import type { Burst } from '../../src/traffic/observation.ts';
import { ipv4, tcp } from '../capture/bytes.ts';
import { labWith, serviceOf } from '../traffic/tun-basic.ts';
import { burstOf, type Sabotage, trafficOf, Wire } from '../traffic/wire.ts';

const plain = labWith();
const lab: Lab = {
  ...plain,
  nodes: plain.nodes.map((node) => {
    const segment = node.name === 'client' ? 'outside' : 'inside';
    const gateway = { node: 'router', address: segment === 'inside' ? '192.168.2.1' : '192.168.1.1', segment };
    return node.name === 'router' ? node : { ...node, gateway };
  }),
};
const judge = (sabotage: Sabotage = {}, answers = 'rs2 rs1') => {
  const burst = burstOf(lab, answers);
  return judgeRoute(lab, burst, trafficOf(lab, burst, sabotage).sightings());
};

describe('route', () => {
  test('passes when all goes by the gateways', () => {
    expect(judge()).toMatchObject({
      status: 'pass',
      summary: 'replies came by rs2 → router → client and rs1 → router → client',
    });
  });

  test('fails when replies take another way', () => {
    const summary = 'request 1: director sent a reply to router, which is not on the way rs2 → router → client';
    expect(judge({ gateway: 'director' })).toMatchObject({ status: 'fail', summary });
  });

  test('fails when a few of them do', () => {
    expect(judge({ detours: (flags) => flags === 'F.' }).status).toBe('fail');
  });

  test('fails when a request is not answered', () => {
    expect(judge({}, 'rs2 -').status).toBe('fail');
  });
});

describe('a way that crosses a router twice', () => {
  const twice = parseLab(readFileSync(new URL('../../labs/tun-wan.yaml', import.meta.url)), 'tun-wan.yaml').lab as Lab;
  const burst: Burst = {
    client: 'client',
    service: serviceOf(twice),
    wanted: 1,
    requests: [
      { number: 1, token: 't', answer: 'rs2', status: 200, seconds: 0.1, address: '203.0.113.10', port: 40000 },
    ],
  };
  const packet = (source: string, destination: string, from: number, to: number) =>
    ipv4({ source, destination, protocol: 6, payload: tcp({ from, to, flags: '.' }) });
  const request = packet('203.0.113.10', '192.168.1.200', 40000, 80);
  const tunnelled = ipv4({ source: '192.168.1.100', destination: '192.168.3.102', protocol: 4, payload: request });
  const reply = packet('192.168.1.200', '203.0.113.10', 80, 40000);

  const judgeWay = (onTheWan: string) => {
    const wire = new Wire(twice);
    wire.ip('wan', 'client', 'r1', request);
    wire.ip('centre', 'r1', 'director', request);
    wire.ip('centre', 'director', 'r1', tunnelled);
    wire.ip('wan', 'r1', onTheWan, tunnelled);
    wire.ip('west', 'r3', 'rs2', tunnelled);
    wire.ip('west', 'rs2', 'r3', reply);
    wire.ip('wan', 'r3', 'client', reply);
    return judgeRoute(twice, burst, wire.sightings());
  };

  test('is right', () => {
    expect(judgeWay('r3')).toMatchObject({ status: 'pass', summary: 'replies came by rs2 → r3 → client' });
  });

  test('is wrong where one of its hops is', () => {
    expect(judgeWay('r2')).toMatchObject({
      status: 'fail',
      summary: 'request 1: r1 sent a request to r2, and not to director or r3',
    });
  });
});

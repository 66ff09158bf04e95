import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { parseLab } from '../../src/lab/parse.ts';
import { type Hop, nextHops, plannedHops, wayOf } from '../../src/lab/way.ts';

const labOf = (name: string): Lab =>
  parseLab(readFileSync(new URL(`../../labs/${name}.yaml`, import.meta.url)), `${name}.yaml`).lab as Lab;

describe('the nodes that forward', () => {
  const wan = labOf('tun-wan');
  test.each([
    ['client', '192.168.1.100', ['r1']],
    ['director', '192.168.2.101', ['r1', 'r2']],
    ['rs1', '203.0.113.10', ['r2']],
    ['rs1', '192.168.3.102', ['r2', 'r3']],
    ['r1', '192.168.3.102', ['r3']],
    ['client', '203.0.113.1', []],
  ])('from %s to %s: %j', (from, address, hops) => {
    expect(nextHops(wan, from, address)).toEqual(hops);
  });

  test('are none when the gateway itself has the address', () => {
    expect(nextHops(labOf('tun-cross-subnet'), 'rs2', '172.25.88.250')).toEqual([]);
  });

  test('are none where no route leads', () => {
    expect(nextHops(labOf('nat-basic'), 'client', '192.168.2.220')).toEqual([]);
  });
});

describe('the way of a packet', () => {
  const to = (node: string): Hop => ({ segment: 'inside', node });
  const by = (hops: Readonly<Record<string, Hop>>) => (node: string) => hops[node];
  const nodes = ({ steps }: ReturnType<typeof wayOf>) => steps.map(({ node }) => node);

  test.each([
    ['is delivered by the last node', { a: to('b'), b: { segment: 'inside' } }, ['a', 'b'], 'delivered', 'b'],
    ['goes no further than routes', { a: to('b') }, ['a'], 'no route', 'b'],
    ['does not go round in circles', { a: to('b'), b: to('c'), c: to('b') }, ['a', 'b', 'c'], 'circle', 'b'],
    ['does not start without a route', {}, [], 'no route', 'a'],
  ] as const)('%s', (_, hops, senders, outcome, last) => {
    const way = wayOf('a', by(hops));
    expect([nodes(way), way.outcome, way.last]).toEqual([senders, outcome, last]);
  });

  test('ends where it is told to, before that node sends it on', () => {
    const way = wayOf('a', by({ a: to('b'), b: to('c') }), (node) => node === 'b');
    expect([nodes(way), way.outcome, way.last]).toEqual([['a'], 'ended', 'b']);
  });

  test('goes by what nodes say instead of the plan, where that is given', () => {
    const planned = plannedHops(labOf('tun-wan'), '192.168.2.101');
    const said = (node: string) => (node === 'r1' ? undefined : planned(node));
    expect(wayOf('director', planned)).toMatchObject({ outcome: 'delivered', last: 'r2' });
    expect(wayOf('director', said)).toMatchObject({ outcome: 'no route', last: 'r1' });
  });
});

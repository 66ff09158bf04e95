import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { parseLab } from '../../src/lab/parse.ts';
import { nextHops } from '../../src/lab/way.ts';

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

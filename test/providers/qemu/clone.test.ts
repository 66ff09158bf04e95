import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Node } from '../../../src/lab/lab.ts';
import { identityScript } from '../../../src/providers/qemu/clone.ts';
import { canBeClone } from '../../../src/providers/qemu/golden.ts';

const link = (index: number) => ({
  segment: `s${index}`,
  address: '10.9.0.1',
  prefixLength: 24,
  mac: `52:54:00:0${index}:00:01`,
});
const node = (links: number, size: Partial<Node> = {}): Node => ({
  name: 'rs1',
  index: 1,
  roles: [],
  links: Array.from({ length: links }, (_, index) => link(index + 1)),
  forwarding: false,
  memory: 256,
  cpus: 1,
  ...size,
});

test('a saved machine serves nodes of its size, with no more links than it has NICs', () => {
  expect(canBeClone(node(0))).toBe(true);
  expect(canBeClone(node(4))).toBe(true);
  expect(canBeClone(node(5))).toBe(false);
  expect(canBeClone(node(1, { memory: 192 }))).toBe(false);
  expect(canBeClone(node(1, { cpus: 2 }))).toBe(false);
});

test('a clone takes the MACs of its links and loses its other NICs', () => {
  const lines = identityScript(node(2), new Date(0)).split('\n');
  expect(lines.filter((line) => line.startsWith('ip link'))).toEqual([
    'ip link set dev eth1 address 52:54:00:01:00:01',
    'ip link set dev eth2 address 52:54:00:02:00:01',
  ]);
  expect(lines.filter((line) => line.endsWith('/remove')).map((line) => line.match(/eth\d/)?.[0])).toEqual([
    'eth3',
    'eth4',
  ]);
});

test('no two clones are given the same random bytes', () => {
  const seed = () => identityScript(node(1), new Date(0)).match(/echo (\S+) \| base64/)?.[1];
  expect(seed()).toHaveLength(88);
  expect(seed()).not.toBe(seed());
});

test('the script is sound', () => {
  execFileSync('shellcheck', ['--shell=bash', '-'], { input: identityScript(node(3), new Date()) });
});

import { expect, test } from 'vitest';
import type { Node } from '../../../src/lab/lab.ts';
import { canBeClone } from '../../../src/providers/qemu/golden.ts';
import { identityOf } from '../../../src/providers/qemu/identity.ts';

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
  routes: [],
  sysctl: {},
  iptables: [],
  staticNat: [],
  forwarding: false,
  memory: 256,
  cpus: 1,
  ...size,
});
const seed = Buffer.from('a tar archive');
const told = (links: number, former: 'golden' | 'node') => identityOf(node(links), seed, new Date(1500), former);
const lines = (links: number, former: 'golden' | 'node') => told(links, former).map(({ words }) => words.join(' '));

test('a saved machine serves nodes of its size, with no more links than it has NICs', () => {
  expect(canBeClone(node(0))).toBe(true);
  expect(canBeClone(node(4))).toBe(true);
  expect(canBeClone(node(5))).toBe(false);
  expect(canBeClone(node(1, { memory: 192 }))).toBe(false);
  expect(canBeClone(node(1, { cpus: 2 }))).toBe(false);
});

test('a clone takes its name and the MACs of its links, and loses its other NICs', () => {
  expect(lines(2, 'golden')).toEqual([
    'clock 1500000',
    'random',
    'unpack',
    'name rs1',
    'mac eth1 52:54:00:01:00:01',
    'mac eth2 52:54:00:02:00:01',
    'unplug eth3',
    'unplug eth4',
    'journal',
    'hangup /run/sshd.pid',
    'sync',
  ]);
});

test('a machine that was saved as this node keeps its name and its NICs', () => {
  expect(lines(2, 'node')).toEqual(['clock 1500000', 'random', 'unpack', 'journal', 'hangup /run/sshd.pid', 'sync']);
});

test('no two machines are given the same random bytes', () => {
  const bytes = () =>
    told(1, 'node')
      .find(({ words }) => words[0] === 'random')
      ?.payload?.toString('hex');
  expect(bytes()).toHaveLength(128);
  expect(bytes()).not.toBe(bytes());
});

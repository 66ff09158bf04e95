import { expect, test } from 'vitest';
import { nicsIn } from '../../src/cli/nics.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';

const lab = (await loadLab('labs/tun-basic.yaml')).lab as Lab;
const nics = (...words: string[]) => nicsIn(lab, words).map(({ node, segment }) => `${node}:${segment}`);

test('all of the lab where none is named', () => {
  expect(nics()).toEqual([
    'client:outside',
    'router:outside',
    'router:inside',
    'director:inside',
    'rs1:inside',
    'rs2:inside',
  ]);
});

test('all of a node, one of it, each once, in the order of the lab', () => {
  expect(nics('router')).toEqual(['router:outside', 'router:inside']);
  expect(nics('rs1', 'router:inside', 'router:inside')).toEqual(['router:inside', 'rs1:inside']);
});

test.each([
  ['rs3', 'cannot find node rs3 in tun-basic: its nodes are client, router, director, rs1, rs2'],
  ['rs1:outside', 'cannot find the link of rs1 to outside: it is on inside'],
  ['rs1:', 'cannot find the link of rs1 to : it is on inside'],
])('%s is none', (word, message) => {
  expect(() => nics(word)).toThrow(message);
});

import { expect, test } from 'vitest';
import { nearest } from '../../src/support/nearest.ts';

const KEYS = ['links', 'gateway', 'forwarding', 'memory', 'cpus', 'real-servers'];

test.each([
  ['gatway', 'gateway'],
  ['gatewya', 'gateway'],
  ['Gateway', 'gateway'],
  ['real_servers', 'real-servers'],
  ['realservers', 'real-servers'],
  ['mem', 'memory'],
  ['link', 'links'],
])('%s is meant as %s', (text, meant) => {
  expect(nearest(text, KEYS)).toBe(meant);
});

test.each(['', 'x', 'vip', 'scheduler', 'constructor', 'g'.repeat(100_000)])('%.20s is like none', (text) => {
  expect(nearest(text, KEYS)).toBeUndefined();
});

test('the nearest of several wins', () => {
  expect(nearest('rs3x', ['rs1', 'rs2', 'rs3'])).toBe('rs3');
});

test('two neighbours swapped are one slip', () => {
  expect(nearest('wcl', ['wlc', 'rr'])).toBe('wlc');
});

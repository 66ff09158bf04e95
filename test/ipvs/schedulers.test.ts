import { expect, test } from 'vitest';
import { moduleOf, sharesBy, takesTurns } from '../../src/ipvs/schedulers.ts';
import { SCHEDULERS } from '../../src/lab/lab.ts';

test('what a scheduler gives to each real server', () => {
  const by = (what: string) => SCHEDULERS.filter((each) => sharesBy(each) === what);
  expect(by('heads')).toEqual(['rr', 'lc']);
  expect(by('weights')).toEqual(['wrr', 'wlc']);
  expect(SCHEDULERS.filter(takesTurns)).toEqual(['rr', 'wrr']);
});

test('its module', () => {
  expect(moduleOf('wrr')).toBe('ip_vs_wrr');
});

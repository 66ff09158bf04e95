import type { Scheduler } from '../lab/lab.ts';

/** The kernel module of a scheduler. */
export const moduleOf = (scheduler: Scheduler): string => `ip_vs_${scheduler}`;

/**
 * What real servers get of the requests, where these are alike: the same each, but for those of weight 0, or by their
 * weights; undefined for schedulers that go by something else, such as the client's address.
 */
export const sharesBy = (scheduler: Scheduler): 'heads' | 'weights' | undefined => SHARES[scheduler];

const SHARES: Readonly<Partial<Record<Scheduler, 'heads' | 'weights'>>> = {
  rr: 'heads',
  lc: 'heads',
  wrr: 'weights',
  wlc: 'weights',
};

/**
 * Whether a scheduler gives its turns to real servers one after the other, whatever connections they have: over whole
 * turns, the shares are kept to the last request.
 */
export const takesTurns = (scheduler: Scheduler): boolean => scheduler === 'rr' || scheduler === 'wrr';

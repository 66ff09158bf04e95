import { availableParallelism } from 'node:os';
import { afterEach, expect, test, vi } from 'vitest';
import { startingLimit } from '../../src/admission/limits.ts';

afterEach(() => vi.unstubAllEnvs());

test('so many machines come up at the same time that the cores can keep up', () => {
  vi.stubEnv('LAB_MAX_STARTING', undefined);
  expect(startingLimit()).toBe(Math.ceil(availableParallelism() * 1.5));
});

test('LAB_MAX_STARTING says otherwise', () => {
  vi.stubEnv('LAB_MAX_STARTING', '7');
  expect(startingLimit()).toBe(7);
});

test.each(['0', '-1', '1.5', 'many', '1e3', ' 1'])('LAB_MAX_STARTING=%j is refused', (value) => {
  vi.stubEnv('LAB_MAX_STARTING', value);
  expect(startingLimit).toThrow(expect.objectContaining({ exitCode: 2 }));
});

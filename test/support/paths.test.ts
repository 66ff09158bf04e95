import { afterEach, expect, test, vi } from 'vitest';
import { cacheDir, stateDir } from '../../src/support/paths.ts';

afterEach(() => vi.unstubAllEnvs());

test('LAB_HOME moves images and instances, and is looked at each time', () => {
  vi.stubEnv('LAB_HOME', '/srv/lab');
  expect([cacheDir(), stateDir()]).toEqual(['/srv/lab/cache', '/srv/lab/state']);
});

test('a relative LAB_HOME is one of the working directory, an empty one is none', () => {
  vi.stubEnv('LAB_HOME', 'here');
  expect(stateDir()).toBe(`${process.cwd()}/here/state`);
  vi.stubEnv('LAB_HOME', '');
  expect(stateDir()).toMatch(/lab$/);
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bringUpRequest } from '../../src/cli/bring-up.ts';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { defaultJobs } from '../../src/testing/jobs.ts';
import { labWith } from '../traffic/tun-basic.ts';

const { providers } = REGISTRIES;
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-jobs-'));
  vi.stubEnv('LAB_HOME', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** A lab of so many machines of 256 MiB. */
const target = (machines: number) => {
  const { nodes, ...lab } = labWith();
  return {
    title: `${machines}`,
    request: bringUpRequest(REGISTRIES, { ...lab, nodes: nodes.slice(0, machines) }, { provider: 'qemu', save: true }),
  };
};

test.each([
  [{ LAB_MAX_STARTING: '3' }, [1, 1, 1], 4],
  [{ LAB_MAX_STARTING: '3' }, [5], 2],
  [{ LAB_MAX_STARTING: '10' }, [5, 1, 2], 3],
  // Five machines are let in with 1840 MiB.
  [{ LAB_MAX_STARTING: '100', LAB_MAX_MEMORY: '3700M' }, [5, 5, 5], 2],
  [{ LAB_MAX_STARTING: '100', LAB_MAX_MEMORY: '1M' }, [5, 5, 5], 1],
])('%j, labs of %j machines: %i at a time', async (env, machines, expected) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  expect(await defaultJobs(providers, machines.map(target))).toBe(expected);
});

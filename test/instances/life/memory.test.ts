import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { REGISTRIES } from '../../../src/cli/registries.ts';
import { freeMemory } from '../../../src/host/capacity.ts';
import { instanceLayout } from '../../../src/instances/instance.ts';
import { memoryOf, memoryRoom } from '../../../src/instances/life/memory.ts';
import { createInstance } from '../../../src/instances/store.ts';
import { ticket } from '../../admission/tickets.ts';
import { labWith } from '../../traffic/tun-basic.ts';

const { providers } = REGISTRIES;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-memory-'));
  vi.stubEnv('LAB_HOME', home);
  vi.stubEnv('LAB_MAX_MEMORY', '1G');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

test('a machine takes more than its guest has', () => {
  expect(memoryOf([{ memory: 256 }, { memory: 512 }])).toBe((256 + 512 + 2 * 112) * MIB);
});

test('where nothing is up, all that is allowed is left, as far as the host has it', async () => {
  expect(await memoryRoom(providers, 'new')).toEqual({ left: GIB, most: GIB, holders: [] });
  vi.stubEnv('LAB_MAX_MEMORY', undefined);
  const { left, most } = await memoryRoom(providers, 'new');
  expect(left).toBe(most);
  expect(Math.abs(left - freeMemory())).toBeLessThan(GIB);
});

test('what was promised to others is not left, and would be without them', async () => {
  const admitted = [ticket(1, { memory: 600 * MIB }), ticket(2, { instance: 'own', memory: 300 * MIB })];
  expect(await memoryRoom(providers, 'own', admitted)).toEqual({ left: 424 * MIB, most: GIB, holders: ['g1'] });
});

test('no more than nothing is left', async () => {
  expect((await memoryRoom(providers, 'own', [ticket(1, { memory: 2 * GIB })])).left).toBe(0);
});

test('instances that do not run hold nothing, neither one that is stopped nor one that is damaged', async () => {
  const definition = labWith();
  const record = { lab: 'tun-basic', provider: 'qemu', image: 'debian12', created: '', definition };
  await createInstance({ ...record, name: 'stopped', phase: 'stopped' });
  await mkdir(instanceLayout('damaged').dir, { recursive: true });
  await writeFile(instanceLayout('damaged').record, '{');
  expect(await memoryRoom(providers, 'new')).toEqual({ left: GIB, most: GIB, holders: [] });
});

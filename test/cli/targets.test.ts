import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bringUpRequest } from '../../src/cli/bring-up.ts';
import { REGISTRIES } from '../../src/cli/registries.ts';
import type { Session } from '../../src/cli/session.ts';
import { allLabs, targetsOf } from '../../src/cli/targets.ts';
import type { Instance } from '../../src/instances/instance.ts';
import { createInstance } from '../../src/instances/store.ts';
import { listLabs } from '../../src/lab/find.ts';
import { labWith } from '../traffic/tun-basic.ts';

let home: string;
let told: string[];
const session = { ...REGISTRIES, tell: (line: string) => told.push(line) } as unknown as Session;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-targets-'));
  vi.stubEnv('LAB_HOME', home);
  told = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const instance = (name: string, phase: Instance['phase']): Promise<void> =>
  createInstance({
    name,
    lab: 'tun-basic',
    provider: 'qemu',
    image: 'debian12',
    created: '',
    phase,
    definition: labWith(),
  });

const options = (checks?: string[]) => ({
  checks,
  request: (lab: ReturnType<typeof labWith>) => bringUpRequest(REGISTRIES, lab, { provider: 'qemu', save: true }),
});

const targets = async (words: string[], checks?: string[]) =>
  (await targetsOf(words, options(checks), session)).map((target) => [target.title, 'instance' in target]);

const labFile = async (name: string): Promise<string> => {
  const file = join(home, `${name}.yaml`);
  const text = `name: ${name}\nsummary: one\nsegments: { lan: 192.168.7.0/24 }\nnodes: { one: { links: { lan: 192.168.7.1 } } }\n`;
  await writeFile(file, text);
  return file;
};

test('a word is an instance that is there, else a lab; a path is always a lab', async () => {
  await instance('tun-basic', 'up');
  await instance('mine', 'stopped');
  const file = await labFile('web');
  expect(await targets(['mine', 'tun-basic', file])).toEqual([
    ['mine', true],
    ['tun-basic', true],
    ['web', false],
  ]);
});

test('an instance that never came up is none: the lab of that name is meant', async () => {
  await instance('tun-basic', 'creating');
  expect(await targets(['tun-basic'])).toEqual([['tun-basic', false]]);
});

test('a word given twice is tested once', async () => {
  expect(await targets(['tun-basic', 'tun-basic'])).toHaveLength(1);
});

test('all labs are brought up anew, whatever is up', async () => {
  await instance('tun-basic', 'up');
  const found = await allLabs(options(), session);
  expect(found.map(({ title }) => title)).toEqual((await listLabs()).map(({ name }) => name));
  expect(found.every((target) => 'request' in target)).toBe(true);
});

test('a word that is nothing is told with what there is', async () => {
  await instance('mine', 'up');
  await expect(targets(['min'])).rejects.toMatchObject({
    exitCode: 2,
    message: 'cannot test min: there is no instance and no lab of that name',
    next: expect.stringMatching(/^did you mean mine\? There are the instances mine, and the labs .*tun-basic/),
  });
});

test('all that is wrong is told before anything begins', async () => {
  const bad = join(home, 'bad.yaml');
  await writeFile(bad, 'name: bad\n');
  await expect(targets(['nosuch', bad, 'tun-basic'])).rejects.toMatchObject({
    exitCode: 2,
    message: 'cannot test these 3 labs: 2 of them cannot be used, see above; nothing was started',
  });
  expect(told.join('\n')).toContain(`${bad}:1:1`);
  expect(told.join('\n')).toContain('cannot test nosuch');
  await mkdir(join(home, 'state'), { recursive: true });
  await expect(targets(['tun-basic'], ['nosuch'])).rejects.toMatchObject({ exitCode: 2 });
});

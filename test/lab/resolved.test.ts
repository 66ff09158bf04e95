import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { listLabs } from '../../src/lab/find.ts';
import { parseLab } from '../../src/lab/parse.ts';
import { labRecords } from '../../src/lab/resolved.ts';

const PURPOSE = { tried: 'read the instance tiny', next: 'remove it: lab down tiny' };

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-resolved-'));
  path = join(dir, 'lab.json');
});
afterEach(() => rm(dir, { recursive: true }));

const labs = await Promise.all(
  (await listLabs()).map(async ({ name, path: file }) => ({
    name,
    lab: parseLab(await readFile(file, 'utf8'), file, VOCABULARY).lab,
  })),
);

test('there are labs to try', () => expect(labs.length).toBeGreaterThan(10));

test.each(labs)('$name is on disk what it is in memory', async ({ lab }) => {
  if (!lab) return expect.fail('it has problems');
  await labRecords.write(path, lab);
  expect(await labRecords.read(path, PURPOSE)).toEqual(lab);
});

const one = labs.find(({ name }) => name === 'tun-basic')?.lab;
const [client] = one?.nodes ?? [];
const [web] = one?.services ?? [];

test.each([
  [{ name: undefined }, 'name is missing'],
  [{ segments: [{ ...one?.segments[0], prefix: '192.168.1.7/24' }] }, /^segments\[0\].prefix is "192.168.1.7\/24": /],
  [{ nodes: [{ ...client, memory: '256M' }] }, 'nodes[0].memory is "256M", not a number'],
  [
    { nodes: [{ ...client, links: [{ ...client?.links[0], mac: 'x' }] }] },
    /^nodes\[0\].links\[0\].mac is "x": it is no MAC/,
  ],
  [
    { nodes: [{ ...client, sysctl: { 'net.ipv4.ip_forward': 1 } }] },
    'nodes[0].sysctl["net.ipv4.ip_forward"] is 1, not a text',
  ],
  [{ services: [{ ...web, scheduler: 'fastest' }] }, /^services\[0\].scheduler is "fastest", not rr or wrr or /],
  [{ services: [{ ...web, shuffle: true }] }, 'services[0].shuffle is not known'],
  [
    { services: [{ ...web, realServers: [{ ...web?.realServers[0], weight: -1 }] }] },
    /^services\[0\].realServers\[0\].weight is -1: /,
  ],
])('a lab that is not whole is refused: %j', async (change, happened) => {
  await writeFile(path, JSON.stringify({ format: 1, ...one, ...change }));
  const error = await labRecords.read(path, PURPOSE).catch((thrown) => thrown);
  const words = String(error.happened).replace(`${path}: `, '');
  if (typeof happened === 'string') expect(words).toBe(happened);
  else expect(words).toMatch(happened);
});

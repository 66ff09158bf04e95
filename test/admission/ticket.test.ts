import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTickets, writeTicket } from '../../src/admission/ticket.ts';
import { identify } from '../../src/support/process-identity.ts';
import { ticket } from './tickets.ts';

const OLD = join(import.meta.dirname, '../instances/fixtures/0.1.0/state/queue/000000001-one.json');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-tickets-'));
});
afterEach(() => rm(dir, { recursive: true }));

const put = async (fields: object) =>
  writeFile(join(dir, '000000001-one.json'), JSON.stringify({ ...JSON.parse(await readFile(OLD, 'utf8')), ...fields }));

test('the ticket of a process of 0.1.0 is in the queue as long as that lives', async () => {
  const own = await identify(process.pid);
  await put({ ...own });
  expect(await readTickets(dir)).toMatchObject([{ ...own, id: 'one', instance: 'tun-basic', number: 1 }]);
  await put({});
  expect(await readTickets(dir)).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});

test('a ticket is written with the number of its format', async () => {
  await writeTicket(dir, ticket(7));
  expect(JSON.parse(await readFile(join(dir, '000000007-id 7.json'), 'utf8'))).toEqual({ format: 1, ...ticket(7) });
});

test('the ticket of a newer lab is not passed by as long as its process lives', async () => {
  await put({ ...(await identify(process.pid)), format: 2 });
  await expect(readTickets(dir)).rejects.toMatchObject({
    message: `cannot take a place in the queue of labs: ${dir}/000000001-one.json was made by a newer lab (format 2; this one knows 1)`,
    next: 'use the lab that made it, or wait until that is done',
  });
  expect(await readdir(dir)).toHaveLength(1);
  await put({ format: 2 });
  expect(await readTickets(dir)).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});

test('a damaged ticket is dropped', async () => {
  await put({ ...(await identify(process.pid)), cpus: 'all' });
  expect(await readTickets(dir)).toEqual([]);
  expect(await readdir(dir)).toEqual([]);
});

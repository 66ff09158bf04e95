import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { download, partOf } from '../../src/images/download.ts';
import { Web } from '../../src/images/http.ts';
import { FileServer, type Served } from './file-server.ts';

const CONTENT = randomBytes(3_000_000);

// On a busy host.
vi.setConfig({ testTimeout: 60_000 });

let dir: string;
let server: FileServer;
let lines: string[];
beforeEach(async () => {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, '');
  dir = await mkdtemp(join(tmpdir(), 'lab-download-'));
  server = await FileServer.start();
  lines = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const serve = (served: Partial<Served> = {}) =>
  server.files.set('/image', { content: CONTENT, etag: '"one"', ...served });

const fetchIt = async (signal?: AbortSignal, url = `${server.url}/image`) => {
  await using web = await Web.open();
  const notify = (line: string) => lines.push(line);
  await download(web, url, { tried: 'fetch it', dir, next: 'try again', notify, signal });
  return readFile(partOf(dir));
};

test('a file is fetched', async () => {
  serve();
  expect(await fetchIt()).toEqual(CONTENT);
  expect(server.asked).toEqual(['/image']);
  expect(lines[0]).toMatch(/^\d+ % of 2 MiB/);
});

test('a connection that breaks off is made again, for the rest', async () => {
  serve({ breaks: { after: 1_000_000, times: 2 } });
  expect(await fetchIt()).toEqual(CONTENT);
  const begins = server.asked.map((asked) => Number(asked.match(/bytes=(\d+)-/)?.[1] ?? 0));
  expect(begins).toHaveLength(3);
  // What was under way when a connection broke off is lost.
  expect(begins[1]).toBeGreaterThan(500_000);
  expect(begins[2]).toBeGreaterThan((begins[1] ?? 0) + 500_000);
  expect(lines.join('\n')).toMatch(/the connection broke off .*; going on after \d MiB/);
});

test('what an earlier run fetched is not fetched again', async () => {
  serve({ stalls: 120_000 });
  const ended = new AbortController();
  const first = fetchIt(ended.signal);
  await vi.waitFor(async () => expect((await stat(partOf(dir))).size).toBe(120_000), 30_000);
  ended.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
  expect(lines.at(-1)).toBe('0 MiB are kept; the next try goes on from there');
  serve();
  expect(await fetchIt()).toEqual(CONTENT);
  expect(server.asked).toEqual(['/image', '/image bytes=120000-']);
  // And nothing at all when it is whole.
  expect(await fetchIt()).toEqual(CONTENT);
  expect(server.asked).toHaveLength(2);
});

const leavePart = async (source: object, part: Buffer) => {
  await writeFile(join(dir, 'source.json'), JSON.stringify({ url: `${server.url}/image`, size: 3_000_000, ...source }));
  await writeFile(partOf(dir), part);
};

test.each([
  ['of a file that has changed since', { validator: '"another"' }, {}],
  ['of another URL', { url: 'http://127.0.0.1:1/image', validator: '"one"' }, {}],
  ['that cannot be told from another', {}, {}],
  ['where the server gives no parts', { validator: '"one"' }, { ranges: false }],
  ['that is longer than the file', { validator: '"one"', size: 4_000_000 }, { content: CONTENT }],
])('a part %s is fetched anew', async (_, source, served) => {
  serve(served);
  const length = 'size' in source ? 3_500_000 : 50_000;
  await leavePart(source, Buffer.alloc(length));
  expect(await fetchIt()).toEqual(CONTENT);
});

test('a weak ETag says nothing of the bytes', async () => {
  serve({ etag: 'W/"one"' });
  await fetchIt();
  expect(JSON.parse(await readFile(join(dir, 'source.json'), 'utf8')).validator).toBeUndefined();
});

test('it is given up when nothing comes any more, and told why', async () => {
  serve({ breaks: { after: 0, times: 9 } });
  await expect(fetchIt()).rejects.toMatchObject({ tried: 'fetch it', next: 'try again' });
  server.files.clear();
  await expect(fetchIt()).rejects.toThrow(`${server.url}/image: the server answers with HTTP status 404`);
  const gone = 'http://127.0.0.1:1/image';
  await expect(fetchIt(undefined, gone)).rejects.toThrow(
    /^cannot fetch it: http:\/\/127.0.0.1:1\/image: .*ECONNREFUSED/,
  );
});

test('a proxy of the environment is used, and named when it does not answer', async () => {
  serve();
  vi.stubEnv('http_proxy', server.url);
  expect(await fetchIt(undefined, 'http://images.example/image')).toEqual(CONTENT);
  expect(server.asked).toEqual(['http://images.example/image']);
  await rm(partOf(dir));
  vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
  await expect(fetchIt(undefined, 'http://images.example/other')).rejects.toThrow(/by the proxy that http_proxy names/);
  vi.stubEnv('no_proxy', '127.0.0.1');
  expect(await fetchIt()).toEqual(CONTENT);
});

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { findTool, searchPath } from '../../src/host/tools.ts';
import { listImages, removeImage } from '../../src/images/cache.ts';
import { ensureCloudImage, fetchCloudImage } from '../../src/images/cloud.ts';
import { downloadDir, listParts, lockDownload } from '../../src/images/downloads.ts';
import { checksumOf } from '../../src/images/sums.ts';
import { pruneImages } from '../../src/instances/states/images.ts';
import { cacheDir, imagesDir } from '../../src/support/paths.ts';
import { FileServer } from './file-server.ts';

// A qcow2 image of a few KiB, as qemu-img makes it: what is in it is nobody's business here.
const hasQemu = (await findTool('qemu-img')) !== undefined;

// On a busy host.
vi.setConfig({ testTimeout: 60_000 });

let home: string;
let server: FileServer;
let content: Buffer;
beforeAll(async () => {
  if (!hasQemu) return;
  const dir = await mkdtemp(join(tmpdir(), 'lab-disk-'));
  await qemuImg('create', '-q', '-f', 'qcow2', join(dir, 'disk'), '1M');
  content = await readFile(join(dir, 'disk'));
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-home-'));
  vi.stubEnv('LAB_HOME', home);
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, '');
  server = await FileServer.start();
  server.files.set('/image', { content, etag: '"one"' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const qemuImg = (...args: string[]) => execa('qemu-img', args, { env: { PATH: searchPath() } });
const sumOf = (bytes: Buffer, algorithm = 'sha256') => checksumOf(createHash(algorithm).update(bytes).digest('hex'));
const lines: string[] = [];
const notify = (line: string) => lines.push(line);

const fetchIt = (request: Parameters<typeof fetchCloudImage>[1] = {}) => {
  const checksum = sumOf(content);
  return fetchCloudImage(
    REGISTRIES.images.named('centos8'),
    { from: `${server.url}/image`, ...(checksum && { checksum }), ...request },
    { notify },
  );
};

test.skipIf(!hasQemu)('an image is fetched once, and is then there without a network', async () => {
  const image = await fetchIt({ complete: true });
  const sha256 = sumOf(content)?.hex ?? '';
  expect(image).toMatchObject({ name: 'centos8', family: 'el8', memory: 1024, complete: true });
  expect(image.id).toBe(`centos8-${sha256.slice(0, 16)}`);
  expect(await readFile(image.disk)).toEqual(content);
  expect(await ensureCloudImage(REGISTRIES.images.named('centos8'), { notify })).toEqual(image);
  expect(server.asked).toHaveLength(1);
  expect(await listImages(REGISTRIES.images)).toMatchObject([{ id: image.id, name: 'centos8', current: true }]);
  expect(await listParts()).toEqual([]);
  expect(await removeImage('centos8')).toEqual([image.id]);
});

test.skipIf(!hasQemu)('a file of this host is taken, and its checksum told where none was given', async () => {
  const file = join(home, 'image.qcow2');
  await writeFile(file, content);
  const { id } = await fetchCloudImage(REGISTRIES.images.named('centos8'), { from: file }, { notify });
  expect(lines.at(-1)).toContain(`its SHA-256 is ${sumOf(content)?.hex}`);
  expect((await stat(file)).size).toBe(content.length);
  const sha512 = sumOf(content, 'sha512');
  expect(
    await fetchCloudImage(
      REGISTRIES.images.named('centos8'),
      { from: file, ...(sha512 && { checksum: sha512 }) },
      { notify },
    ),
  ).toMatchObject({
    id,
  });
});

test.skipIf(!hasQemu)('a wrong checksum is told, and what came is removed', async () => {
  const checksum = checksumOf('f'.repeat(64));
  await expect(fetchIt(checksum && { checksum })).rejects.toMatchObject({
    tried: 'fetch image centos8',
    happened: expect.stringMatching(
      /not what it should be: its checksum is SHA-256 \w{16}…, not SHA-256 ffffffffffffffff…$/,
    ),
    next: expect.stringMatching(/^what came is removed/),
  });
  expect(await listParts()).toEqual([]);
  expect(await readdir(imagesDir()).catch(() => [])).toEqual([]);
});

test.skipIf(!hasQemu)('what is no disk, or not a whole one, is refused', async () => {
  const file = join(home, 'image.qcow2');
  await writeFile(file, 'a page that says that there is no such file');
  await expect(fetchCloudImage(REGISTRIES.images.named('centos8'), { from: file }, { notify })).rejects.toThrow(
    /the file is no qcow2 image/,
  );
  await writeFile(join(home, 'secret'), Buffer.alloc(1024 ** 2));
  await rm(file);
  await qemuImg('create', '-q', '-f', 'qcow2', '-b', join(home, 'secret'), '-F', 'raw', file);
  await expect(fetchCloudImage(REGISTRIES.images.named('centos8'), { from: file }, { notify })).rejects.toThrow(
    /it refers to the file ".*secret"/,
  );
  await expect(
    fetchCloudImage(REGISTRIES.images.named('centos8'), { from: join(home, 'none') }, { notify }),
  ).rejects.toMatchObject({
    exitCode: 2,
  });
});

test.skipIf(!hasQemu)('what was fetched last is what machines are made from; the older one can go', async () => {
  const first = await fetchIt();
  const other = join(home, 'other.qcow2');
  await qemuImg('create', '-q', '-f', 'qcow2', other, '2M');
  const second = await fetchCloudImage(REGISTRIES.images.named('centos8'), { from: other }, { notify });
  expect(await ensureCloudImage(REGISTRIES.images.named('centos8'), { notify })).toEqual(second);
  expect((await pruneImages(REGISTRIES, 0)).images).toEqual([first.id]);
});

test('a part is an image that is not whole, which rm and prune remove, unless somebody fetches it', async () => {
  server.files.set('/image', { content: Buffer.alloc(100_000), etag: '"one"', stalls: 50_000 });
  const ended = new AbortController();
  const request = { from: `${server.url}/image`, checksum: checksumOf('f'.repeat(64)) };
  const fetching = fetchCloudImage(REGISTRIES.images.named('rocky8'), request as never, {
    notify,
    signal: ended.signal,
  });
  await vi.waitFor(async () => expect(await listParts()).toMatchObject([{ id: 'rocky8-part', size: 50_000 }]), 30_000);
  expect((await pruneImages(REGISTRIES, 0)).images).toEqual([]);
  await expect(removeImage('rocky8')).rejects.toThrow(/the download of image rocky8: it is held by/);
  ended.abort(new Error('enough'));
  await expect(fetching).rejects.toThrow('enough');
  expect((await pruneImages(REGISTRIES, 0)).images).toEqual(['rocky8-part']);
  expect(await readdir(join(cacheDir(), 'downloads'))).toEqual([]);
  expect(downloadDir('rocky8')).toBe(join(cacheDir(), 'downloads', 'rocky8'));
});

test('a second process waits for the first, and says for whom', async () => {
  const lock = await lockDownload('centos8');
  const ended = new AbortController();
  const waiting = fetchCloudImage(REGISTRIES.images.named('centos8'), {}, { notify, signal: ended.signal });
  await vi.waitFor(
    () => expect(lines.at(-1)).toMatch(/^image centos8: process \d+ .* is fetching it; waiting for it$/),
    30_000,
  );
  ended.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await lock.release();
});

test('what is built here is not fetched', async () => {
  await expect(fetchCloudImage(REGISTRIES.images.named('debian12'), {}, { notify })).rejects.toThrow(
    /it is built here/,
  );
});

test('without a network it says what to do', async () => {
  vi.stubEnv('https_proxy', 'http://127.0.0.1:1');
  await expect(ensureCloudImage(REGISTRIES.images.named('centos8'), { notify })).rejects.toMatchObject({
    tried: 'fetch image centos8',
    happened: expect.stringMatching(/^https:\/\/cloud\.centos\.org\/.*CHECKSUM: .*ECONNREFUSED/),
    next: expect.stringContaining('lab image fetch centos8 --from FILE'),
    exitCode: 3,
  });
});

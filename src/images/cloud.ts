import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { requireDisk } from '../host/capacity.ts';
import { searchPath } from '../host/tools.ts';
import { rememberVerified } from '../support/checked-files.ts';
import { ExitCode, LabError, messageOf } from '../support/errors.ts';
import { syncPath } from '../support/files.ts';
import { imagesDir } from '../support/paths.ts';
import { cachedNames } from './cached-names.ts';
import { removeContained } from './contained.ts';
import { download, partOf } from './download.ts';
import { downloadDir, lockDownload } from './downloads.ts';
import type { Family } from './families.ts';
import { Web, whyNoAnswer } from './http.ts';
import type { EnsureOptions } from './image.ts';
import { lockImages, removeLeftovers, TEMPORARY } from './leftovers.ts';
import { CLOUD_FILES, type CloudManifest, readManifest, writeManifest } from './manifest.ts';
import { hostArchitecture } from './recipe.ts';
import { type CloudSource, cloudSourceOf, type KnownImage } from './registry.ts';
import { type Checksum, findSum, showChecksum } from './sums.ts';
import { verifyFiles } from './verify.ts';

/** An image that its distribution publishes for clouds, whole and checked: a disk with its own boot loader, and cloud-init. */
export interface CloudImage {
  readonly name: string;
  readonly family: Family;
  /** Name and the first 16 digits of the SHA-256 of its disk. */
  readonly id: string;
  readonly dir: string;
  /** A qcow2 image, which every machine's own disk lies over. */
  readonly disk: string;
  /** MiB that a machine of it needs at least. */
  readonly memory: number;
  /** Whether all packages that labs need are in it: else its machines must reach the archives of its distribution. */
  readonly complete: boolean;
}

/** What is fetched, where it is not what the distribution publishes. */
export interface FetchRequest {
  /** URL, or path of a file. */
  readonly from?: string;
  readonly checksum?: Checksum;
  readonly complete?: boolean;
  /** Fetch it again, though the cache has it. */
  readonly force?: boolean;
}

/**
 * The cloud image of that name: the one that was fetched last, or fetched now where none was, or it is not whole.
 * @throws LabError when there is no such image, or it cannot be fetched; the signal's reason when it is aborted.
 */
export const ensureCloudImage = async (known: KnownImage, options: EnsureOptions): Promise<CloudImage> =>
  (await cachedCloudImage(known, options.signal)) ?? fetchCloudImage(known, {}, options);

/**
 * Fetches a cloud image into the cache and verifies it. An interrupted download goes on where it was.
 * @throws LabError when it cannot be had, or is not what its checksum says; the signal's reason when it is aborted.
 */
export const fetchCloudImage = async (
  known: KnownImage,
  { from, checksum, complete = false, force = false }: FetchRequest,
  { notify, signal }: EnsureOptions,
): Promise<CloudImage> => {
  const cloud = cloudSourceOf(known);
  const { name } = known;
  if (hostArchitecture() !== 'amd64') throw otherArchitecture(name);
  const tell = (line: string) => notify(`image ${name}: ${line}`);
  await using _ = await lockDownload(name, (holder) => tell(`${holder} is fetching it; waiting for it`), signal);
  const cached = force || from !== undefined ? undefined : await cachedCloudImage(known, signal);
  if (cached) return cached;
  const dir = downloadDir(name);
  const tried = `fetch image ${name}`;
  const expected = await bring(name, from, cloud, dir, tried, tell, signal, checksum);
  tell('verifying it');
  const own = expected?.algorithm ?? 'sha256';
  const [found, sha256 = found] = await hashesOf(partOf(dir), own === 'sha256' ? [own] : [own, 'sha256'], signal);
  if (!found || !sha256) throw new RangeError('no checksum was computed');
  if (!expected) tell(`taken as it is, without a checksum to compare; its SHA-256 is ${sha256.hex}`);
  else if (found.hex !== expected.hex) {
    await rm(dir, { recursive: true });
    throw wrongChecksum(tried, from, cloud.url, found, expected);
  }
  await requireDiskImage(tried, partOf(dir));
  return keep(known, { source: from ?? cloud.url, complete, sha256: sha256.hex }, dir, tell, signal);
};

const wrongChecksum = (
  tried: string,
  from: string | undefined,
  url: string,
  found: Checksum,
  expected: Checksum,
): LabError =>
  new LabError({
    tried,
    happened: `${from ?? url} is not what it should be: its checksum is ${showChecksum(found)}, not ${showChecksum(expected)}`,
    next:
      from === undefined
        ? 'what came is removed; try again, the distribution may just be publishing a new one'
        : `${isUrl(from) ? 'what came is removed; ' : ''}see whether it is the right file, and the right checksum`,
  });

const otherArchitecture = (name: string): LabError =>
  new LabError({
    tried: `use image ${name} with the provider qemu`,
    happened: 'it is for x86-64, and this host is another',
    next: 'Use debian12, which is built for this host.',
    exitCode: ExitCode.skipped,
  });

const isUrl = (from: string): boolean => /^https?:\/\//i.test(from);

/** Puts the image's file into `dir`, and gives the checksum that it must have, as far as there is one. */
const bring = async (
  name: string,
  from: string | undefined,
  cloud: CloudSource,
  dir: string,
  tried: string,
  notify: (line: string) => void,
  signal: AbortSignal | undefined,
  checksum: Checksum | undefined,
): Promise<Checksum | undefined> => {
  if (from !== undefined && !isUrl(from)) {
    await copyIn(from, dir, tried);
    return checksum;
  }
  const url = from ?? cloud.url;
  const next = `see to it that this host reaches it (http_proxy and https_proxy are heeded), and try again: what came is kept. Or bring the file from elsewhere: lab image fetch ${name} --from FILE`;
  await using web = await connect(tried);
  const expected = checksum ?? (await publishedSum(web, cloud, { tried, next }, signal));
  await download(web, url, { tried, dir, next, notify, signal });
  return expected;
};

const connect = async (tried: string): Promise<Web> => {
  try {
    return await Web.open();
  } catch (cause) {
    throw new LabError({
      tried,
      happened: `a proxy of the environment is not a URL: ${messageOf(cause)}`,
      next: 'set http_proxy and https_proxy to http://HOST:PORT, or unset them',
      exitCode: ExitCode.usage,
      cause,
    });
  }
};

const copyIn = async (file: string, dir: string, tried: string): Promise<void> => {
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    throw new LabError({
      tried,
      happened: `${JSON.stringify(file)} is no file, and no URL that begins with http:// or https://`,
      next: 'name the qcow2 file of the image, or its URL',
      exitCode: ExitCode.usage,
    });
  }
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  await requireDisk(tried, dir, found.size);
  await copyFile(file, partOf(dir), constants.COPYFILE_FICLONE);
};

/** The checksum that the distribution publishes of the file, from where nobody on the way can change it. */
const publishedSum = async (
  web: Web,
  { url, sums }: CloudSource,
  { tried, next }: { tried: string; next: string },
  signal: AbortSignal | undefined,
): Promise<Checksum> => {
  const fail = (happened: string, cause?: unknown) =>
    new LabError({ tried, happened: `${sums}: ${happened}`, next, ...(cause !== undefined && { cause }) });
  let list: string;
  try {
    const { statusCode, body } = await web.get(sums, { signal });
    list = await body.text();
    if (statusCode !== 200) throw new Error(`the server answers with HTTP status ${statusCode}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw fail(whyNoAnswer(error), error);
  }
  const found = findSum(list, basename(new URL(url).pathname));
  if (found) return found;
  throw fail(`it lists no checksum of ${basename(new URL(url).pathname)}`);
};

/** These checksums of a file, read once. */
const hashesOf = async (
  path: string,
  algorithms: readonly Checksum['algorithm'][],
  signal?: AbortSignal,
): Promise<Checksum[]> => {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  const read = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) for (const { hash } of hashes) hash.update(chunk);
  };
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), read, signal ? { signal } : {});
  return hashes.map(({ algorithm, hash }) => ({ algorithm, hex: hash.digest('hex') }));
};

/** @throws LabError when a file is no qcow2 image, or one that would have QEMU read other files of the host. */
const requireDiskImage = async (tried: string, path: string): Promise<void> => {
  const { failed, stdout, stderr, shortMessage } = await execa(
    'qemu-img',
    ['info', '--output=json', '-f', 'qcow2', path],
    {
      env: { PATH: searchPath() },
      reject: false,
    },
  );
  const fail = (happened: string) => {
    return new LabError({ tried, happened, next: 'name the qcow2 file of a cloud image' });
  };
  if (failed) throw fail(`the file is no qcow2 image: ${stderr.trim().split('\n').at(-1) || shortMessage}`);
  const info = JSON.parse(stdout) as {
    'backing-filename'?: string;
    'format-specific'?: { data?: { 'data-file'?: string } };
  };
  const other = info['backing-filename'] ?? info['format-specific']?.data?.['data-file'];
  if (other !== undefined) throw fail(`the image is not whole: it refers to the file ${JSON.stringify(other)}`);
};

/** Makes what was fetched an image of the cache, in one step. */
const keep = async (
  known: KnownImage,
  { source, complete, sha256 }: Pick<CloudManifest, 'source' | 'complete'> & { sha256: string },
  from: string,
  notify: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<CloudImage> => {
  const { name } = known;
  const { size } = await stat(partOf(from));
  const dir = join(imagesDir(), `${name}-${sha256.slice(0, 16)}`);
  const manifest: CloudManifest = {
    ...{ name, architecture: 'amd64', built: new Date().toISOString(), source, complete },
    files: { disk: { size, sha256 } },
  };
  await using _ = await lockImages((holder) => notify(`${holder} works on the images; waiting for it`), signal);
  await removeLeftovers();
  if ((await verifyFiles(dir, { signal })).ok) {
    // Machines may be made from it already.
    await writeManifest(dir, manifest);
    await rm(from, { recursive: true });
    return cloudImageOf(known, dir, manifest);
  }
  const temporary = await mkdtemp(join(imagesDir(), TEMPORARY));
  try {
    const made = join(temporary, 'made');
    await mkdir(made);
    await rename(partOf(from), join(made, 'disk'));
    await chmod(join(made, 'disk'), 0o644);
    await syncPath(join(made, 'disk'));
    await writeManifest(made, manifest);
    await rm(dir, { recursive: true, force: true });
    await rename(made, dir);
    await syncPath(imagesDir());
  } finally {
    await removeContained(temporary);
  }
  await rm(from, { recursive: true });
  await rememberVerified(dir, CLOUD_FILES);
  return cloudImageOf(known, dir, manifest);
};

/** The image in `dir`, with this manifest. */
const cloudImageOf = (
  { name, family, boxMemory }: KnownImage,
  dir: string,
  { complete }: CloudManifest,
): CloudImage => ({ name, family, id: basename(dir), dir, disk: join(dir, 'disk'), memory: boxMemory, complete });

/** Of the whole images of that name, the one that was fetched last. */
const cachedCloudImage = async (known: KnownImage, signal?: AbortSignal): Promise<CloudImage | undefined> => {
  cloudSourceOf(known);
  const { name } = known;
  const found = await Promise.all(
    (await cachedNames())
      .filter((id) => id.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(id.slice(name.length + 1)))
      .map(async (id) => {
        const manifest = await readManifest(join(imagesDir(), id));
        return manifest && 'source' in manifest ? [{ dir: join(imagesDir(), id), manifest }] : [];
      }),
  );
  for (const { dir, manifest } of found.flat().sort((a, b) => b.manifest.built.localeCompare(a.manifest.built))) {
    if ((await verifyFiles(dir, { signal })).ok) return cloudImageOf(known, dir, manifest);
  }
  return undefined;
};

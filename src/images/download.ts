import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { inUnits, requireDisk } from '../host/capacity.ts';
import { writeFileAtomic } from '../support/atomic.ts';
import { LabError } from '../support/errors.ts';
import { proxies, type Web, whyNoAnswer } from './http.ts';

/** How often in a row it is tried again while nothing comes, and milliseconds between two tries. */
const FRUITLESS_TRIES = 3;
const PAUSE = 1_000;

export interface DownloadOptions {
  /** The object of "cannot": `fetch image centos8`. */
  tried: string;
  /** Where the file and what is known of it lie, in whose place nobody else is at work. */
  dir: string;
  /** What to do when it cannot be had. */
  next: string;
  notify: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** What is known of the file that a part was fetched of. */
const Source = z.object({
  url: z.string(),
  /** By which the server knows the same file again: a strong ETag, or the time when it was changed. */
  validator: z.string().optional(),
  size: z.number().optional(),
});
type Source = z.infer<typeof Source>;

/** The file that is being fetched into `dir`. */
export const partOf = (dir: string): string => join(dir, 'part');

const sourceOf = (dir: string): string => join(dir, 'source.json');

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
};

const readSource = async (dir: string): Promise<Source | undefined> => {
  try {
    return Source.parse(JSON.parse(await readFile(sourceOf(dir), 'utf8')));
  } catch {
    return undefined;
  }
};

/**
 * Fetches a file into `partOf(dir)`. Where a part of it is there, of this or of an earlier run, only the rest is fetched,
 * if the server says that the file is still the same; a connection that breaks off is made again.
 * @throws LabError when it cannot be had, or the disk is full; the signal's reason when it is aborted. What came is kept.
 */
export const download = async (web: Web, url: string, options: DownloadOptions): Promise<void> => {
  const { tried, dir, next, notify, signal } = options;
  await mkdir(dir, { recursive: true });
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(partOf(dir));
    try {
      return await fetchRest(web, url, options);
    } catch (error) {
      const have = await sizeOf(partOf(dir));
      if (signal?.aborted) {
        if (have > 0) notify(`${inUnits(have)} are kept; the next try goes on from there`);
        throw signal.reason;
      }
      if (error instanceof LabError) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw diskFull(tried, dir, error);
      const happened = `${url}${proxies()}: ${whyNoAnswer(error)}`;
      fruitless = have > before ? 0 : fruitless + 1;
      if (fruitless === FRUITLESS_TRIES || (have === 0 && fruitless > 0)) {
        throw new LabError({ tried, happened, next, cause: error });
      }
      notify(`the connection broke off (${whyNoAnswer(error)}); going on after ${inUnits(have)}`);
      await sleep(PAUSE, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
};

const diskFull = (tried: string, dir: string, cause: unknown): LabError =>
  new LabError({
    tried,
    happened: `the disk that ${dir} is on is full`,
    next: 'free some (lab prune, lab image rm), or set LAB_HOME to a directory elsewhere; what came is kept',
    cause,
  });

/** One connection: fetches what is missing. */
const fetchRest = async (web: Web, url: string, options: DownloadOptions): Promise<void> => {
  const { tried, dir, next, notify, signal } = options;
  const part = partOf(dir);
  const known = await readSource(dir);
  const have = known?.url === url && known.validator ? await sizeOf(part) : 0;
  if (have > 0 && have === known?.size) return;
  const headers = have > 0 && known?.validator ? { range: `bytes=${have}-`, 'if-range': known.validator } : undefined;
  const { statusCode, headers: answered, body } = await web.get(url, { ...(headers && { headers }), signal });
  // An answer that is not read to its end says so by an error.
  body.on('error', () => {});
  const source = { url, ...described(statusCode, answered) };
  const rest = statusCode === 206 && source.start === have && source.size === known?.size;
  if (!rest && statusCode !== 200) {
    body.destroy();
    if (have > 0 && (statusCode === 206 || statusCode === 416)) {
      // The part is longer than the file, or of another one.
      await rm(part, { force: true });
      return fetchRest(web, url, options);
    }
    throw new LabError({ tried, happened: `${url}: the server answers with HTTP status ${statusCode}`, next });
  }
  const { size } = source;
  if (rest) notify(`going on after ${inUnits(have)}`);
  else {
    // In this order, so that no part is ever taken for one of another file.
    await rm(part, { force: true });
    await writeFileAtomic(sourceOf(dir), JSON.stringify({ url, validator: source.validator, size }));
  }
  const begin = rest ? have : 0;
  try {
    if (size !== undefined) await requireDisk(tried, dir, size - begin);
    await pipeline(
      body,
      meter(begin, size, notify),
      createWriteStream(part, { flags: rest ? 'a' : 'w' }),
      signal ? { signal } : {},
    );
  } finally {
    body.destroy();
  }
  const got = await sizeOf(part);
  if (size !== undefined && got !== size) throw new Error(`${got} of ${size} bytes came`);
};

type Headers = Record<string, string | string[] | undefined>;

/** What an answer says of its file; `start` of a part. */
const described = (status: number, headers: Headers): Omit<Source, 'url'> & { start?: number } => {
  const header = (name: string) => [headers[name]].flat()[0];
  const etag = header('etag');
  // A weak one does not tell that the bytes are the same (RFC 9110, 13.1.5).
  const validator = etag?.startsWith('"') ? etag : header('last-modified');
  const [, start, total] = header('content-range')?.match(/^bytes (\d+)-\d+\/(\d+)$/) ?? [];
  const size = status === 206 ? total : header('content-length');
  return {
    ...(validator && { validator }),
    ...(size !== undefined && { size: Number(size) }),
    ...(start !== undefined && { start: Number(start) }),
  };
};

/** Milliseconds between two lines of progress at least, and steps of percent. */
const TELL_EVERY = 1_000;
const PERCENT = 2;

/** Passes bytes through and tells how many there are: `34 % of 1.2 GiB, 12 MiB/s`. */
const meter = (begin: number, size: number | undefined, notify: (line: string) => void): Transform => {
  const started = performance.now();
  let [got, told, toldPercent] = [begin, -TELL_EVERY, -PERCENT];
  const percent = () => (size ? Math.floor((100 * got) / size) : 100);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      got += chunk.length;
      const now = performance.now();
      if (now - told >= TELL_EVERY && (size === undefined || percent() >= toldPercent + PERCENT)) {
        [told, toldPercent] = [now, percent()];
        const speed = ((got - begin) / (now - started)) * 1000;
        const rate = now - started < TELL_EVERY ? '' : `, ${inUnits(speed)}/s`;
        notify(size === undefined ? `${inUnits(got)}${rate}` : `${percent()} % of ${inUnits(size)}${rate}`);
      }
      done(null, chunk);
    },
  });
};

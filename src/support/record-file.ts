import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from './atomic.ts';
import { LabError, messageOf } from './errors.ts';
import { recordProblem } from './record-problem.ts';

const MIB = 1024 ** 2;

/** Bytes that a record may have, where its kind says nothing: no file may exhaust the machine it is read on. */
const MAX_SIZE = 16 * MIB;

/** A kind of file that outlives the command that wrote it, so that another version of lab may read it. */
export interface RecordKind<T extends object> {
  /** Proves that it is a record of the latest format. It changes nothing: what older ones lack, `upgrades` fill in. */
  readonly schema: z.ZodType<T>;
  /**
   * The n-th makes what a file of format n + 1 holds of what one of format n does. Lab 0.1.0 wrote no `format`, which is
   * format 0. There are as many as the number of the latest format: whoever changes what a record holds adds one.
   */
  readonly upgrades: readonly ((older: unknown) => unknown)[];
  /** Bytes; 16 MiB if not given. */
  readonly maxSize?: number;
}

/** What a record is read for. */
export interface Purpose {
  /** As the object of "cannot": `read the instance tun-basic`. */
  readonly tried: string;
  /** What to do where it cannot be read: a command that does without it. */
  readonly next: string;
}

/** Files of one kind of record: JSON, with the number of its `format` beside what it holds. */
export interface RecordFile<T extends object> {
  /**
   * What a file holds, as one of the latest format; undefined where there is none.
   * @throws MadeByNewer when the format is one that this lab does not know; LabError when it is damaged.
   */
  read(path: string, purpose: Purpose): Promise<T | undefined>;
  /** Writes it whole, in the latest format. */
  write(path: string, record: T, options?: { mode?: number }): Promise<void>;
}

/** The error for a record in a format that came after this version of lab. */
export class MadeByNewer extends LabError {}

/** @param kind what is proven of its records, and how older ones are understood */
export const recordFile = <T extends object>(kind: RecordKind<T>): RecordFile<T> => {
  const latest = kind.upgrades.length;
  const read = async (path: string, { tried, next }: Purpose): Promise<T | undefined> => {
    try {
      const { format, content } = openRecord(await parseFile(path, kind.maxSize));
      if (format > latest) {
        throw new MadeByNewer({
          tried,
          happened: `${path} was made by a newer lab (format ${format}; this one knows ${latest})`,
          next: `use the lab that made it, or ${next}`,
        });
      }
      const upgraded = kind.upgrades.slice(format).reduce((older, upgrade) => upgrade(older), content);
      const { error } = kind.schema.safeParse(upgraded);
      if (error) throw new Error(recordProblem(error, upgraded));
      return upgraded as T;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (cause instanceof MadeByNewer) throw cause;
      throw new LabError({ tried, happened: `${path}: ${messageOf(cause)}`, next, cause });
    }
  };
  return {
    read,
    write: (path, record, options) =>
      writeFileAtomic(path, `${JSON.stringify({ format: latest, ...record }, null, 2)}\n`, options),
  };
};

/**
 * The fields of a file that may be damaged or newer, with nothing proven of them; none where even that cannot be told.
 * For who has to do without the record: to remove what it is of, or to spare what that needs.
 */
export const peekRecord = async (path: string): Promise<Readonly<Record<string, unknown>>> => {
  const value = await parseFile(path, MAX_SIZE).catch(() => undefined);
  return isMap(value) ? value : {};
};

/** What has been the same since the format before. */
export const asItWas = (older: unknown): unknown => older;

/** A schema of exactly the fields of a type: one that the type has and the schema lacks is a type error. */
export const exactly = <T extends object>(shape: { [K in keyof T]-?: z.ZodType<T[K]> }): z.ZodType<T> =>
  z.strictObject(shape) as unknown as z.ZodType<T>;

const parseFile = async (path: string, maxSize = MAX_SIZE): Promise<unknown> => {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > maxSize) throw new Error(`it is larger than ${maxSize / MIB} MiB, the limit of such a file`);
  return JSON.parse(await readFile(path, 'utf8'));
};

/** Takes the number of its format off what a file holds. */
const openRecord = (value: unknown): { format: number; content: unknown } => {
  if (!isMap(value) || !('format' in value)) return { format: 0, content: value };
  const { format, ...content } = value;
  if (typeof format !== 'number' || !Number.isSafeInteger(format) || format < 0)
    throw new Error(`its format is ${JSON.stringify(format)}, not a number of one`);
  return { format, content };
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { LabError } from '../../src/support/errors.ts';
import { exactly, MadeByNewer, peekRecord, recordFile } from '../../src/support/record-file.ts';

interface Shelf {
  readonly name: string;
  readonly books: readonly { readonly title: string; readonly pages?: number }[];
  readonly kind: 'wood' | 'steel';
}

const book = exactly<Shelf['books'][number]>({ title: z.string(), pages: z.int().max(9999).optional() });

/** Format 0 was a list of titles, format 1 had no kind. */
const shelves = recordFile<Shelf>({
  schema: exactly<Shelf>({ name: z.string(), books: z.array(book), kind: z.enum(['wood', 'steel']) }),
  upgrades: [
    (titles) => ({ name: 'first', books: (titles as string[]).map((title) => ({ title })) }),
    (older) => ({ ...(older as object), kind: 'wood' }),
  ],
  maxSize: 1024 ** 2,
});

const PURPOSE = { tried: 'read the shelf', next: 'take it down: lab down' };
const SHELF: Shelf = { name: 'one', books: [{ title: 'Vom Kriege', pages: 700 }], kind: 'steel' };

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-record-'));
  path = join(dir, 'shelf.json');
});
afterEach(() => rm(dir, { recursive: true }));

const readAs = async (text: string) => {
  await writeFile(path, text);
  return shelves.read(path, PURPOSE);
};

const refusal = async (content: unknown): Promise<LabError> => {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return readAs(text).then(
    () => expect.fail('it was read'),
    (error) => error as LabError,
  );
};

test('what is written is read again, with the number of its format in the file', async () => {
  await shelves.write(path, SHELF, { mode: 0o600 });
  expect(await shelves.read(path, PURPOSE)).toEqual(SHELF);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ format: 2, ...SHELF });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('where there is no file, there is no record', async () => {
  expect(await shelves.read(path, PURPOSE)).toBeUndefined();
});

test('an older format is brought to the latest, step by step; a file without a number is of format 0', async () => {
  expect(await readAs('["Faust"]')).toEqual({ name: 'first', books: [{ title: 'Faust' }], kind: 'wood' });
  expect(await readAs('{"format":1,"name":"one","books":[]}')).toEqual({ name: 'one', books: [], kind: 'wood' });
});

test('a newer format is refused with both numbers, and the way out is named', async () => {
  const error = await refusal({ format: 3, name: 7 });
  expect(error).toBeInstanceOf(MadeByNewer);
  expect(error.message).toBe(`cannot read the shelf: ${path} was made by a newer lab (format 3; this one knows 2)`);
  expect(error.next).toBe('use the lab that made it, or take it down: lab down');
});

describe('a damaged file is refused, and not as one of a newer lab', () => {
  test.each([
    ['cut short', '{"format":2,"na', 'Unterminated string in JSON at position 15 (line 1 column 16)'],
    ['empty', '', 'Unexpected end of JSON input'],
    ['a number that is none', { ...SHELF, format: '2' }, 'its format is "2", not a number of one'],
    ['a number that is no format', { ...SHELF, format: 1.5 }, 'its format is 1.5, not a number of one'],
    ['a wrong type', { format: 2, ...SHELF, name: 7 }, 'name is 7, not a text'],
    [
      'a wrong type further in',
      { format: 2, ...SHELF, books: [{ title: 'Faust' }, { title: 'Egmont', pages: 'many' }] },
      'books[1].pages is "many", not a number',
    ],
    [
      'a part of a number',
      { format: 2, ...SHELF, books: [{ title: 'Faust', pages: 1.5 }] },
      'books[0].pages is 1.5, not a whole number',
    ],
    ['a part for the whole', { format: 2, ...SHELF, books: 'Faust' }, 'books is "Faust", not a list'],
    ['a field that is missing', { format: 2, name: 'one', books: [] }, 'kind is missing'],
    ['a field that is not known', { format: 2, ...SHELF, colour: 'red' }, 'colour is not known'],
    ['a word that is not known', { format: 2, ...SHELF, kind: 'glass' }, 'kind is "glass", not wood or steel'],
    [
      'a value out of bounds',
      { format: 2, ...SHELF, books: [{ title: 'Faust', pages: 10_000 }] },
      'books[0].pages is 10000: Too big: expected number to be <=9999',
    ],
    ['a long text', { format: 2, ...SHELF, books: 'x'.repeat(99) }, `books is "${'x'.repeat(60)}…", not a list`],
    ['no map', '{"format":2}', 'name is missing'],
    ['an older one that is none', '7', 'titles.map is not a function'],
  ])('%s', async (_, content, happened) => {
    const error = await refusal(content);
    expect(error).not.toBeInstanceOf(MadeByNewer);
    expect(error.message).toBe(`cannot read the shelf: ${path}: ${happened}`);
    expect(error.next).toBe('take it down: lab down');
  });
});

test('a file beyond its limit is not read', async () => {
  const error = await refusal(`${JSON.stringify({ format: 2, ...SHELF })}${' '.repeat(1024 ** 2)}`);
  expect(error.message).toBe(`cannot read the shelf: ${path}: it is larger than 1 MiB, the limit of such a file`);
});

test('what is no file is not read', async () => {
  await mkdir(path);
  await expect(shelves.read(path, PURPOSE)).rejects.toThrow(`cannot read the shelf: ${path}: it is no file`);
});

test('of what is refused one can still see what it says', async () => {
  await writeFile(path, '{"format":3,"name":7}');
  expect(await peekRecord(path)).toEqual({ format: 3, name: 7 });
  await writeFile(path, '{"form');
  expect(await peekRecord(path)).toEqual({});
  await writeFile(path, '["Faust"]');
  expect(await peekRecord(path)).toEqual({});
  expect(await peekRecord(join(dir, 'none'))).toEqual({});
});

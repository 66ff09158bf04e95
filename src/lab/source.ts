import { isUtf8 } from 'node:buffer';
import type { Excerpt } from './diagnostic.ts';

/** Offsets into the text, in UTF-16 code units; `end` is not part of it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The text of a file, and where its offsets are for a reader. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** The line of an offset, from 0. */
  line(offset: number): number;
  /** Line and column of an offset, both from 1, the column in characters. */
  position(offset: number): { line: number; column: number };
  /** The line of the range's start, cut around the range when it is long. */
  excerpt(range: Range): Excerpt;
}

const LONGEST_LINE = 160;
const CONTEXT = 60;
const LONGEST_MARK = 60;

export const createSource = (file: string, text: string): Source => {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) starts.push(index + end.length);

  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const characters = (start: number, end: number): number => [...text.slice(start, end)].length;

  return {
    file,
    text,
    line: lineAt,
    position: (offset) => {
      const line = lineAt(offset);
      return { line: line + 1, column: characters(starts[line] as number, offset) + 1 };
    },
    excerpt: ({ start, end }) => {
      const line = lineAt(start);
      const first = starts[line] as number;
      const last = first + text.slice(first, starts[line + 1] ?? text.length).trimEnd().length;
      const stop = Math.min(Math.max(end, start + 1), last, start + LONGEST_MARK);
      const long = last - first > LONGEST_LINE;
      const from = long ? Math.max(first, start - CONTEXT) : first;
      const to = long ? Math.min(last, stop + CONTEXT) : last;
      const before = from > first ? '…' : '';
      const after = to < last ? '…' : '';
      return {
        text: before + text.slice(from, Math.max(to, from)) + after,
        start: before.length + characters(from, start),
        length: Math.max(1, characters(start, stop)),
      };
    },
  };
};

/** The text of UTF-8 bytes without its byte order mark, or the offset of the first byte that is not UTF-8. */
export const decode = (bytes: Buffer): { text: string } | { badByte: number } => {
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes) };
  // Of the longest prefix that is UTF-8 but for an incomplete last character, the complete characters are good.
  let low = 0;
  let high = bytes.length;
  const complete = (length: number): string | undefined => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), {
        stream: true,
      });
    } catch {
      return undefined;
    }
  };
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (complete(middle) !== undefined) low = middle;
    else high = middle - 1;
  }
  return { badByte: Buffer.byteLength(complete(low) ?? '') };
};

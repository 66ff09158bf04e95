import { stripVTControlCharacters } from 'node:util';

/** Rows as aligned columns, two spaces apart, under upper-case headings; nothing at the ends of lines. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [headings.map((heading) => heading.toUpperCase()), ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] as number) - width(cell)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Columns that a text takes on a terminal: wide for East Asian characters. */
const width = (text: string): number =>
  [...stripVTControlCharacters(text)].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

import type { Evidence } from '../verdicts/verdict.ts';

/** Evidence as lines of plain text: its title, then its lines or table, indented. */
export const evidenceLines = (evidence: Evidence): string[] => [
  `${evidence.title}:`,
  ...('lines' in evidence ? evidence.lines : tableLines([evidence.columns, ...evidence.rows])).map(
    (line) => `  ${line}`,
  ),
];

/** Rows with their columns aligned. */
const tableLines = (rows: readonly (readonly string[])[]): string[] => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

/** Text of guests and captures without what would move a terminal's cursor or colour what follows. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}');

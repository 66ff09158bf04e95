import { stripVTControlCharacters } from 'node:util';

/** `Start machines (4.2 s): five machines` */
export const closingLine = (title: string, milliseconds: number, remark?: string): string => {
  const line = `${title} (${duration(milliseconds)})`;
  return remark ? `${line}: ${cleanLines(remark).join(' ')}` : line;
};

/** `4.2 s`, `2 min 5 s` */
export const duration = (milliseconds: number): string => {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** The lines of a text without what would move the cursor: some of it comes from the consoles of guests. */
export const cleanLines = (text: string): string[] =>
  stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed.
    .map((line) => line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trimEnd())
    .filter((line) => line !== '');

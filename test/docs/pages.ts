import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../src/support/paths.ts';

/** The documentation, by path in the project. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/lab-file.md',
  'docs/performance.md',
  'docs/regression.md',
  'docs/troubleshooting.md',
] as const;
export type Page = (typeof PAGES)[number];

export const read = (page: Page): string => readFileSync(join(projectDir, page), 'utf8');

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

/** Code blocks, with the language each is marked with. */
export const codeBlocks = (text: string): { language: string; code: string }[] =>
  [...text.matchAll(FENCED)].map(([, language = '', code = '']) => ({ language, code }));

/** All code between backticks in a line of text. */
export const codeSpans = (text: string): string[] =>
  [...text.replaceAll(FENCED, '').matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].map(([, code]) => code as string);

/** What stands under a heading, up to the next heading of the same or a higher level. */
export const section = (text: string, heading: string): string => {
  const level = heading.indexOf(' ');
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no heading "${heading}"`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
};

/** The cells of each row of the tables in a text, without heading and rule. */
export const tableRows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line, index, lines) => line.startsWith('|') && !isRule(line) && !isRule(lines[index + 1] ?? ''))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

const isRule = (line: string): boolean => /^\|[ |:-]+\|$/.test(line) && line.includes('---');

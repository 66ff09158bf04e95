import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { parseLab } from '../../src/lab/parse.ts';

// docs/lab-file.md shows a whole lab, and another with mistakes and what is said of it.
const page = readFileSync(new URL('../../docs/lab-file.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text as string);
const [sound, wrong] = blocks('yaml').filter((text) => /^name:/m.test(text)) as [string, string];

test('the lab that the manual shows is sound', () => {
  expect(parseLab(sound, 'tun-small.yaml', VOCABULARY).diagnostics).toEqual([]);
});

test('the diagnostics that the manual shows are those of its file', () => {
  const { diagnostics } = parseLab(wrong, 'web.yaml', VOCABULARY);
  expect(`${diagnostics.map(formatDiagnostic).join('\n\n')}\n`).toBe(blocks('text')[0]);
});

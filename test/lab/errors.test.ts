import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import { formatDiagnostic } from '../../src/lab/diagnostic.ts';
import { loadLab } from '../../src/lab/load.ts';

// Each NAME.yaml is a lab file with mistakes, NAME.txt what a user is told of it, word for word. After a change of words,
// UPDATE_ERRORS=1 writes the .txt files anew: read their diff.
const folder = join(import.meta.dirname, '../errors');
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

const diagnosticsOf = async (file: string): Promise<string> => {
  const { diagnostics } = await loadLab(join(folder, file), VOCABULARY);
  return diagnostics.map((diagnostic) => `${formatDiagnostic({ ...diagnostic, file })}\n`).join('\n');
};

test.each(files)('%s', async (file) => {
  const told = await diagnosticsOf(file);
  const path = join(folder, file.replace(/yaml$/, 'txt'));
  if (process.env.UPDATE_ERRORS === '1') writeFileSync(path, told);
  expect(told).not.toBe('');
  expect(told).toBe(readFileSync(path, 'utf8'));
});

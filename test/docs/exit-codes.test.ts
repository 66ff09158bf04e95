import { expect, test } from 'vitest';
import { ExitCode } from '../../src/support/errors.ts';
import { read, section, tableRows } from './pages.ts';

const CODES = Object.values(ExitCode).map(String);

test.each([
  ['README.md', '## Exit codes'],
  ['docs/troubleshooting.md', '### Exit codes'],
  ['docs/regression.md', '## Exit codes'],
] as const)('%s has every exit code and no other', (page, heading) => {
  expect(tableRows(section(read(page), heading)).map(([code]) => code)).toEqual(CODES);
});

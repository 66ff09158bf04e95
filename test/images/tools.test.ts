import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildTools, hasRange, requireBuildTools } from '../../src/images/tools.ts';

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'lab-bin-'));
});
afterEach(() => rm(bin, { recursive: true }));

const install = (program: string, mode = 0o755) => writeFile(join(bin, program), '', { mode });

describe('what a build needs', () => {
  test('without root, newuidmap is needed too', () => {
    expect(buildTools(false)).toContain('newuidmap');
    expect(buildTools(true)).not.toContain('newuidmap');
  });

  test('the error names what is missing, and how to install it', async () => {
    for (const program of buildTools(false)) await install(program, program === 'mmdebstrap' ? 0o644 : 0o755);
    await expect(requireBuildTools('debian12', bin)).rejects.toMatchObject({
      message: 'cannot build image debian12: mmdebstrap is not installed',
      next: expect.stringContaining('mmdebstrap'),
      exitCode: 3,
    });
  });
});

describe('subordinate ids', () => {
  test.each([
    ['student:100000:65536\n', true],
    ['1000:100000:65536\n', true],
    ['student:100000:1000\n', false],
    ['students:100000:65536\n', false],
    ['', false],
  ])('%j', (file, expected) => {
    expect(hasRange(file, ['student', '1000'])).toBe(expected);
  });
});

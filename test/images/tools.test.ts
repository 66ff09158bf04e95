import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasRange, isRoot, missingPackages, requireBuildTools, toolPath } from '../../src/images/tools.ts';

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'lab-bin-'));
});
afterEach(() => rm(bin, { recursive: true }));

const install = (program: string, mode = 0o755) => writeFile(join(bin, program), '', { mode });

describe('what a build needs', () => {
  test('names each program that is missing, and its package', async () => {
    await install('mksquashfs');
    await install('mkfs.ext4');
    expect(await missingPackages({ path: bin, asRoot: true })).toEqual({
      programs: ['mmdebstrap', 'qemu-img'],
      packages: ['mmdebstrap', 'qemu-utils'],
    });
  });

  test('without root, newuidmap is needed too', async () => {
    expect((await missingPackages({ path: bin, asRoot: false })).packages).toContain('uidmap');
  });

  test('a file that nobody may run is no program', async () => {
    await install('mmdebstrap', 0o644);
    expect((await missingPackages({ path: bin })).programs).toContain('mmdebstrap');
  });

  test('the error says how to install it', async () => {
    for (const program of ['mksquashfs', 'mkfs.ext4', 'qemu-img', 'newuidmap']) await install(program);
    await expect(requireBuildTools('debian12', bin)).rejects.toMatchObject({
      message: 'cannot build image debian12: mmdebstrap is not installed',
      next: `Install with: ${isRoot() ? '' : 'sudo '}apt-get install -y mmdebstrap`,
      exitCode: 3,
    });
  });

  test('programs of the administrator are found where the search path lacks them', () => {
    expect(toolPath('/usr/bin')).toBe('/usr/bin:/usr/sbin:/sbin');
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

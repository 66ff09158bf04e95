import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeDisk, freeMemory, requireDisk, requireMemory } from '../../src/host/capacity.ts';

const GIB = 1024 ** 3;

test('free space of a directory that is not there yet is that of the one it will be in', async () => {
  const { blocks, bsize } = await statfs(tmpdir());
  const free = await freeDisk(join(tmpdir(), 'not', 'there', 'yet'));
  expect(free).toBeGreaterThan(0);
  expect(free).toBeLessThanOrEqual(blocks * bsize);
});

test('too little disk is told with both figures', async () => {
  await requireDisk('build image debian12', tmpdir(), 1);
  await expect(requireDisk('build image debian12', tmpdir(), 2 ** 60)).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      /^cannot build image debian12: it needs 1073741824.0 GiB on the file system of .*, which has [\d.]+ [GM]iB left$/,
    ),
  });
});

test('too little memory is told with both figures, what is left rounded down', () => {
  requireMemory('bring up tun-basic', freeMemory() / 2);
  expect(() => requireMemory('bring up tun-basic', 1.5 * GIB, 1.49 * GIB)).toThrow(
    'cannot bring up tun-basic: it needs 1.5 GiB of memory, and the host has 1.4 GiB left',
  );
  expect(() => requireMemory('bring up tun-basic', GIB, GIB - 1)).toThrow('has 1023 MiB left');
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadLab } from '../../src/lab/load.ts';
import { SOUND } from './labs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-load-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Buffer = ''): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What loading the path says, with the place, when it gives no lab. */
const said = async (path: string): Promise<string[]> => {
  const { lab, diagnostics } = await loadLab(path);
  expect(lab).toBeUndefined();
  return diagnostics.map(({ line, column, message }) => `${line}:${column}: ${message}`);
};

test('loads a lab', async () => {
  const { lab, diagnostics } = await loadLab(file('sound.yaml', SOUND));
  expect(diagnostics).toEqual([]);
  expect(lab?.name).toBe('sound');
});

test('takes a byte order mark and CR LF as nothing special', async () => {
  const { lab, diagnostics } = await loadLab(file('sound.yaml', `\ufeff${SOUND.replaceAll('\n', '\r\n')}`));
  expect(diagnostics).toEqual([]);
  expect(lab?.nodes).toHaveLength(5);
});

describe('gives a diagnostic for', () => {
  test('a path to nothing', async () => {
    expect(await said(join(folder, 'none.yaml'))).toEqual(['1:1: the file does not exist']);
  });

  test('a path with a NUL byte', async () => {
    const [message] = await said('a\0b.yaml');
    expect(message).toMatch(/^1:1: the file cannot be read/);
  });

  test('a directory', async () => {
    mkdirSync(join(folder, 'dir.yaml'));
    expect(await said(join(folder, 'dir.yaml'))).toEqual(['1:1: the file is a directory, not a lab file']);
  });

  test('a symbolic link to itself', async () => {
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
    expect(await said(join(folder, 'loop.yaml'))).toEqual([
      '1:1: the file cannot be read: its symbolic links run in a circle',
    ]);
  });

  test.skipIf(process.platform === 'win32')('a named pipe without a writer', async () => {
    const path = join(folder, 'pipe.yaml');
    execFileSync('mkfifo', [path]);
    expect(await said(path)).toEqual(['1:1: the file is not a regular file']);
  });

  test.skipIf(process.platform === 'win32')('a device that never ends', async () => {
    expect(await said('/dev/zero')).toEqual(['1:1: the file is not a regular file']);
  });

  test('a file of 100 MB', async () => {
    const path = file('big.yaml');
    truncateSync(path, 100_000_000);
    expect(await said(path)).toEqual(['1:1: the file is larger than 1 MiB, the limit of a lab file']);
  });

  test.each([
    [
      'Latin-1',
      Buffer.from('name: x\n# caf\xe9s\n', 'latin1'),
      '2:6: the file is not UTF-8: it has the byte 0xE9 here',
    ],
    ['a cut-off character', Buffer.from([0x61, 0xe2, 0x82]), '1:2: the file is not UTF-8: it has the byte 0xE2 here'],
    ['an overlong NUL', Buffer.from([0xc0, 0x80]), '1:1: the file is not UTF-8: it has the byte 0xC0 here'],
    ['UTF-16', Buffer.from('\ufeffname: x', 'utf16le'), '1:1: the file is not UTF-8: it has the byte 0xFF here'],
  ])('%s', async (_, bytes, message) => {
    expect(await said(file('bytes.yaml', bytes))).toEqual([message]);
  });

  test('nothing at all', async () => {
    expect(await said(file('empty.yaml'))).toEqual(['1:1: the file is empty']);
  });
});

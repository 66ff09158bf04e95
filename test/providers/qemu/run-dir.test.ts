import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeRunDir, orphanedRunDirs, runDirOf } from '../../../src/providers/qemu/run-dir.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'r-'));
  vi.stubEnv('XDG_RUNTIME_DIR', base);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, force: true });
});

test('leaves room for the longest socket, however deep the instance lies', () => {
  const dir = runDirOf(`/home/${'deep/'.repeat(60)}tun-basic`);
  expect(`${dir}/${'n'.repeat(63)}.switch/ctl`.length).toBeLessThan(107);
});

test('a base that is too long is passed over', () => {
  vi.stubEnv('XDG_RUNTIME_DIR', `/run/${'long'.repeat(10)}`);
  expect(runDirOf('/a')).not.toContain('longlong');
});

test('two instances have two directories, one instance always the same', () => {
  expect(runDirOf('/a')).not.toBe(runDirOf('/b'));
  expect(runDirOf('/a')).toBe(runDirOf('/a'));
});

test('is open to this user only', async () => {
  const path = runDirOf('/a');
  await makeRunDir(path, '/a');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('refuses a directory that others may write to', async () => {
  const path = runDirOf('/a');
  await mkdir(path, { mode: 0o777 });
  await import('node:fs/promises').then(({ chmod }) => chmod(path, 0o777));
  await expect(makeRunDir(path, '/a')).rejects.toThrow('not a directory of this user alone');
});

test('refuses a file in its place', async () => {
  const path = runDirOf('/a');
  await writeFile(path, '');
  await expect(makeRunDir(path, '/a')).rejects.toThrow();
});

test('is orphaned when the directory of its instance is gone, and not before', async () => {
  const instance = await mkdtemp(join(base, 'instance-'));
  const path = runDirOf(instance);
  await makeRunDir(path, instance);
  expect(await orphanedRunDirs()).not.toContainEqual({ runDir: path, owner: instance });
  await rm(instance, { recursive: true });
  expect(await orphanedRunDirs()).toContainEqual({ runDir: path, owner: instance });
});

import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectDir } from '../../src/support/paths.ts';

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'lab-package-'));
  const { files } = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8')) as { files: string[] };
  for (const name of [...files.filter((file) => file !== 'dist'), 'package.json', 'node_modules'])
    await symlink(join(projectDir, name), join(top, name));
});
afterAll(() => rm(top, { recursive: true }));

test('the npm package is made, and its command line finds the labs that come with it', async () => {
  await execa(process.execPath, [join(projectDir, 'scripts', 'bundle.ts'), '--package', '--into', join(top, 'dist')]);
  const env = { LAB_HOME: join(top, 'home') };
  const { stdout } = await execa(process.execPath, [join(top, 'dist', 'cli', 'main.js'), 'list', '-f', 'json'], {
    env,
  });
  const { labs } = JSON.parse(stdout) as { labs: { name: string }[] };
  expect(labs.map(({ name }) => name)).toContain('tun-basic');
});

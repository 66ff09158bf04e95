import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { renderFolder } from '../../src/provision/folder.ts';
import { renderReadme } from '../../src/provision/readme.ts';
import { renderScripts } from '../../src/provision/scripts.ts';
import { ExitCode } from '../../src/support/errors.ts';
import { drTwoServices, natDashes, shipped, tunBasic, twoTier } from './fixtures/labs.ts';

const DEBIAN = REGISTRIES.images.named('debian12');
const CENTOS = REGISTRIES.images.named('centos8');

let parent: string;
let dir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lab-folder-'));
  dir = join(parent, 'out');
});
afterEach(() => rm(parent, { recursive: true }));

const refused = (happened: string | RegExp) =>
  expect.objectContaining({ happened: expect.stringMatching(happened), exitCode: ExitCode.usage });

describe('a new folder', () => {
  it('has an executable script for each node, and a README', async () => {
    const files = await renderFolder(tunBasic, DEBIAN, dir);
    expect(files).toEqual(
      [
        'README.md',
        'Vagrantfile',
        ...['client', 'router', 'director', 'rs1', 'rs2'].map((node) => `scripts/${node}.sh`),
      ].map((path) => join(dir, path)),
    );
    expect(await readFile(join(dir, 'scripts/rs1.sh'), 'utf8')).toBe(renderScripts(tunBasic, 'debian').get('rs1'));
    expect((await stat(join(dir, 'scripts/rs1.sh'))).mode & 0o100).toBe(0o100);
    expect(await readdir(parent)).toEqual(['out']);
  });

  it('may be in a folder that is not there yet, or be an empty one', async () => {
    await renderFolder(tunBasic, DEBIAN, join(parent, 'a/b'));
    await mkdir(dir);
    await renderFolder(tunBasic, DEBIAN, dir);
    expect(await readdir(dir)).toContain('README.md');
  });

  it.runIf(process.platform === 'linux')('lists its files as sha256sum reads them', async () => {
    await renderFolder(tunBasic, DEBIAN, dir);
    const { stdout } = await execa({ cwd: dir })`sha256sum --check --strict .lab-render.sha256`;
    expect(stdout.split('\n')).toHaveLength(7);
  });
});

describe('a folder that is there', () => {
  it('is refused when it was not rendered', async () => {
    await mkdir(dir);
    await writeFile(join(dir, 'thesis.txt'), 'mine');
    await expect(renderFolder(tunBasic, DEBIAN, dir)).rejects.toEqual(refused('not empty'));
    expect(await readdir(dir)).toEqual(['thesis.txt']);
  });

  it('is refused when it is a file, or lies under one', async () => {
    await writeFile(dir, 'mine');
    await expect(renderFolder(tunBasic, DEBIAN, dir)).rejects.toEqual(refused('file in its place'));
    await expect(renderFolder(tunBasic, DEBIAN, join(dir, 'sub'))).rejects.toEqual(refused('file in its place'));
    expect(await readFile(dir, 'utf8')).toBe('mine');
  });

  it('rendered before gets the new files, loses the old ones and keeps all others', async () => {
    await renderFolder(tunBasic, DEBIAN, dir);
    await mkdir(join(dir, '.vagrant'));
    await renderFolder(natDashes, CENTOS, dir);
    expect((await readdir(join(dir, 'scripts'))).sort()).toEqual(['client.sh', 'director.sh', 'rs1.sh', 'rs2.sh']);
    expect(await readFile(join(dir, 'scripts/rs1.sh'), 'utf8')).toBe(renderScripts(natDashes, 'el8').get('rs1'));
    expect(await readdir(dir)).toContain('.vagrant');
  });

  it('rendered before is refused, and left whole, when a person has changed a script', async () => {
    await renderFolder(tunBasic, DEBIAN, dir);
    await writeFile(join(dir, 'scripts/rs2.sh'), '# my experiment');
    await expect(renderFolder(drTwoServices, DEBIAN, dir)).rejects.toEqual(refused(/^scripts\/rs2\.sh would be/));
    expect(await readFile(join(dir, 'scripts/rs2.sh'), 'utf8')).toBe('# my experiment');
    expect(await readFile(join(dir, 'scripts/rs1.sh'), 'utf8')).toBe(renderScripts(tunBasic, 'debian').get('rs1'));
  });

  it('rendered before is refused when a new script would take the place of a file of a person', async () => {
    await renderFolder(natDashes, DEBIAN, dir);
    await writeFile(join(dir, 'scripts/router.sh'), 'mine');
    await expect(renderFolder(tunBasic, DEBIAN, dir)).rejects.toEqual(refused(/^scripts\/router\.sh would be/));
  });

  it('is taken up again where a run was cut short', async () => {
    await renderFolder(tunBasic, DEBIAN, dir);
    await writeFile(join(dir, 'scripts/rs1.sh'), renderScripts(drTwoServices, 'debian').get('rs1') ?? '');
    await rm(join(dir, 'scripts/rs2.sh'));
    await renderFolder(drTwoServices, DEBIAN, dir);
    expect(await readFile(join(dir, 'scripts/rs2.sh'), 'utf8')).toBe(renderScripts(drTwoServices, 'debian').get('rs2'));
  });
});

it.each([tunBasic, drTwoServices, natDashes, twoTier, await shipped('tun-ipv6')])(
  'the README of $name',
  async (lab) => {
    await expect(renderReadme(lab)).toMatchFileSnapshot(`golden/${lab.name}/README.md.txt`);
  },
);

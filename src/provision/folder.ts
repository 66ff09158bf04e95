import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { KnownImage } from '../images/registry.ts';
import type { Lab } from '../lab/lab.ts';
import { writeFileAtomic } from '../support/atomic.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { renderReadme } from './readme.ts';
import { renderScripts } from './scripts.ts';
import { renderVagrantfile } from './vagrantfile.ts';

/** Says which files of a folder are ours, and what we wrote in them; `sha256sum --check` reads it too. */
const MANIFEST = '.lab-render.sha256';

interface File {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const ifThere = async <T>(promise: Promise<T>): Promise<T | undefined> => {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const filesOf = (lab: Lab, image: KnownImage, prefix: string): File[] => {
  const scripts = [...renderScripts(lab, image.family)].map(([node, content]) => ({
    path: `scripts/${node}.sh`,
    content,
    mode: 0o755,
  }));
  const files = [
    { path: 'README.md', content: renderReadme(lab), mode: 0o644 },
    { path: 'Vagrantfile', content: renderVagrantfile(lab, image, prefix), mode: 0o644 },
    ...scripts,
  ];
  const manifest = files.map(({ path, content }) => `${hashOf(content)}  ${path}\n`).join('');
  return [...files, { path: MANIFEST, content: manifest, mode: 0o644 }];
};

/** Hash by path of the files we wrote, or undefined where we wrote none. */
const readManifest = async (dir: string): Promise<Map<string, string> | undefined> => {
  const text = await ifThere(readFile(join(dir, MANIFEST), 'utf8'));
  if (text === undefined) return undefined;
  const lines = text.matchAll(/^([0-9a-f]{64}) {2}(README\.md|Vagrantfile|scripts\/[^/\n]+\.sh)$/gm);
  return new Map(Array.from(lines, ([, hash = '', path = '']) => [path, hash]));
};

const refusal = (dir: string, happened: string): LabError =>
  new LabError({
    tried: `render into ${dir}`,
    happened,
    next: 'render into another directory, or move what is there away',
    exitCode: ExitCode.usage,
  });

/** The whole folder appears at once, or not at all. */
const writeNew = async (dir: string, files: readonly File[]): Promise<void> => {
  const staging = join(dirname(dir), `.${basename(dir)}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(join(staging, 'scripts'), { recursive: true });
    for (const { path, content, mode } of files) await writeFile(join(staging, path), content, { mode });
    await ifThere(rmdir(dir));
    await rename(staging, dir);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
};

/** Files of ours that a person has changed, and files of a person's that have the name of one of ours. */
const othersWork = async (
  dir: string,
  files: readonly File[],
  owned: ReadonlyMap<string, string>,
): Promise<string[]> => {
  const wanted = new Map(files.map(({ path, content }) => [path, hashOf(content)]));
  const theirs: string[] = [];
  for (const path of new Set([...owned.keys(), ...wanted.keys()])) {
    if (path === MANIFEST) continue;
    const content = await ifThere(readFile(join(dir, path)));
    // A run that was cut short has written some of what is wanted now.
    if (content && ![owned.get(path), wanted.get(path)].includes(hashOf(content))) theirs.push(path);
  }
  return theirs;
};

/** Replaces our files and leaves all others, such as a `.vagrant` directory, as they are; the manifest comes last. */
const writeOver = async (dir: string, files: readonly File[], owned: ReadonlyMap<string, string>): Promise<void> => {
  const theirs = await othersWork(dir, files, owned);
  if (theirs.length > 0)
    throw refusal(dir, `${theirs.join(', ')} would be overwritten, and was not written by \`lab render\``);
  await mkdir(join(dir, 'scripts'), { recursive: true });
  for (const { path, content, mode } of files) await writeFileAtomic(join(dir, path), content, { mode });
  const kept = new Set(files.map(({ path }) => path));
  for (const path of owned.keys()) if (!kept.has(path)) await rm(join(dir, path), { force: true });
};

/**
 * Writes a lab's scripts, a Vagrantfile that brings its machines up, and a README.md that says how to use them into `dir`,
 * which may be new, empty or rendered before. Gives the paths of the files written, for a person to read.
 * @param prefix what names of networks and machines begin with on the host that runs them
 * @throws LabError (usage) rather than overwrite what it did not write itself.
 */
export const renderFolder = async (
  lab: Lab,
  image: KnownImage,
  dir: string,
  prefix: string = lab.name,
): Promise<string[]> => {
  const target = resolve(dir);
  const files = filesOf(lab, image, prefix);
  try {
    const entries = await ifThere(readdir(target));
    const owned = await readManifest(target);
    if (owned) await writeOver(target, files, owned);
    else if (entries && entries.length > 0)
      throw refusal(dir, 'it is not empty, and `lab render` did not write what is in it');
    else await writeNew(target, files);
  } catch (error) {
    if (error instanceof LabError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || code === 'EEXIST') throw refusal(dir, 'there is a file in its place');
    throw new LabError({ tried: `render into ${dir}`, happened: message, cause: error });
  }
  return files.filter(({ path }) => path !== MANIFEST).map(({ path }) => join(dir, path));
};

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { projectDir } from '../support/paths.ts';

/** Of what a build makes of a recipe; one higher means that images built before are built anew. */
const BUILD_VERSION = 1;

/** Debian's name of a machine architecture. */
export type Architecture = 'amd64' | 'arm64';

/** Of the files beside a recipe, those that decide nothing. */
const DOCUMENTATION = ['README.md'];

/** What an image is built from: the files of `images/<name>/`. */
export interface Recipe {
  readonly name: string;
  readonly dir: string;
  readonly architecture: Architecture;
  /** Names of the Debian packages. */
  readonly packages: readonly string[];
  /** SHA-256, in hex, of all that decides what the image holds: another hash, another image. */
  readonly hash: string;
}

/** Architecture of this host. @throws RangeError on one no image is made for. */
export const hostArchitecture = (): Architecture => {
  if (process.arch === 'x64') return 'amd64';
  if (process.arch === 'arm64') return 'arm64';
  throw new RangeError(`no guest image for the architecture ${process.arch}`);
};

/** Lines of a list file, without its comments and empty lines. */
export const listLines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);

/** Paths of the files in a directory and below, sorted, without documentation. */
export const filesBelow = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .filter((path) => !DOCUMENTATION.includes(path))
    .sort();
};

/** Reads the recipe of an image; `dir` is where its files lie. */
export const readRecipe = async (
  name: string,
  architecture: Architecture = hostArchitecture(),
  dir: string = join(projectDir, 'images', name),
): Promise<Recipe> => {
  const hash = createHash('sha256').update(`${BUILD_VERSION}\0${architecture}\0`);
  for (const path of await filesBelow(dir)) {
    const content = await readFile(join(dir, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  const packages = listLines(await readFile(join(dir, 'packages'), 'utf8'));
  return { name, dir, architecture, packages, hash: hash.digest('hex') };
};

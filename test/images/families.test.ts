import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FAMILIES, type Family } from '../../src/images/families.ts';
import { IMAGES } from '../../src/images/table.ts';
import { projectDir } from '../../src/support/paths.ts';

const NAMES = Object.keys(FAMILIES) as Family[];
const SRC = join(projectDir, 'src');
const PROVISION = join(projectDir, 'provision');

const filesIn = (dir: string): { path: string; text: string }[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => ({ path: relative(dir, file), text: readFileSync(file, 'utf8') }));

/** Without comments, which may name what they are about. */
const codeOf = (text: string): string => text.replaceAll(/\/\*\*.*?\*\/|(?<=^|\s)\/\/.*?$/gms, '');

describe('what a family is like stands in its entry, and nowhere else in src/', () => {
  const sources = filesIn(SRC).map(({ path, text }) => ({ path, code: codeOf(text) }));
  const mentions = (pattern: RegExp): string[] =>
    sources
      .filter(({ code }) => pattern.test(code))
      .map(({ path }) => path)
      .sort();

  it.each(NAMES)('only tables name %s', (name) => {
    // In quotes, as a key, or as a property.
    const named = new RegExp(`(["'\`])${name}\\1|\\.${name}\\b|^\\s*${name}:`, 'm');
    // Debian is what the host may run, too, and then brings that package manager.
    const tables = ['images/families.ts', 'images/table.ts', 'host/system.ts'];
    expect(mentions(named).filter((path) => !tables.includes(path))).toEqual([]);
    expect(mentions(named)).toContain('images/families.ts');
  });

  it.each(NAMES)('only the entry has the names that %s has for things', (name) => {
    const { webServers, packageTimers, page } = FAMILIES[name];
    const { program, unit, accessLogs } = webServers.apache;
    for (const word of new Set([
      program,
      unit,
      page,
      ...accessLogs,
      ...webServers.nginx.accessLogs,
      ...packageTimers,
    ])) {
      const spelt = new RegExp(`(?<![\\w/.-])${word}(?![\\w-])`);
      expect(mentions(spelt), word).toEqual(['images/families.ts']);
    }
  });
});

describe('templates', () => {
  const templates = new Map(filesIn(PROVISION).map(({ path, text }) => [path, text]));
  const includedBy = (path: string): string[] =>
    Array.from((templates.get(path) ?? '').matchAll(/\{% include (\S+)/g), ([, included]) => included as string);
  const reachedFrom = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const included of includedBy(path)) reachedFrom(included, seen);
    return seen;
  };
  const isOf = (family: Family) => (path: string) => path.startsWith(`${family}/`);

  it.each(NAMES)('of %s are all there, and all in use', (family) => {
    const used = [...reachedFrom(`${family}/node.sh`)];
    expect(used.filter((path) => !templates.has(path))).toEqual([]);
    expect(used.filter(isOf(family)).sort()).toEqual([...templates.keys()].filter(isOf(family)).sort());
    expect(used).toEqual(expect.arrayContaining(['web', 'nginx'].map((name) => `${family}/${name}.sh`)));
  });

  it.each(NAMES)('of others know nothing of %s', (family) => {
    const others = [...templates].filter(([path]) => path.endsWith('.sh') && !isOf(family)(path));
    expect(others.filter(([, text]) => new RegExp(`\\b${family}\\b`).test(text)).map(([path]) => path)).toEqual([]);
  });
});

test('an image that is built here has all packages of its family, so that no script has to fetch one', () => {
  for (const { name, family } of IMAGES.filter(({ built }) => built)) {
    const { packages, webServers } = FAMILIES[family];
    const has = readFileSync(join(projectDir, 'images', name, 'packages'), 'utf8').split('\n');
    const wanted = [...Object.values(packages), ...Object.values(webServers).map((each) => each.package)];
    expect(wanted.filter((each) => !has.includes(each))).toEqual([]);
  }
});

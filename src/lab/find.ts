import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { loadLab } from './load.ts';
import { NAME } from './names.ts';
import { show } from './show.ts';

/** The labs that come with the package; the same two levels up from `src/lab/` in a checkout and `dist/lab/` in a package. */
const LABS = fileURLToPath(new URL('../../labs/', import.meta.url));

/** Whether a text names a lab by the path of its file. */
export const isPath = (text: string): boolean => /[/\\]|\.ya?ml$/.test(text);

/**
 * The path of a lab file, given as one of the package's labs by name (`tun-basic`) or as a path to a YAML file.
 * @throws LabError, exit code 2, when there is no such lab or file.
 */
export const findLab = async (nameOrPath: string, labs: string = LABS): Promise<string> => {
  if (isPath(nameOrPath)) return existing(nameOrPath);
  const names = await namesIn(labs);
  if (names.includes(nameOrPath)) return join(labs, `${nameOrPath}.yaml`);
  const near = nearest(nameOrPath, names);
  throw new LabError({
    tried: `find the lab ${show(nameOrPath)}`,
    happened: 'there is no lab of that name',
    next: `${near === undefined ? '' : `did you mean "${near}"? `}There are ${names.join(', ')}; or give the path of a lab file.`,
    exitCode: ExitCode.usage,
  });
};

const existing = async (path: string): Promise<string> => {
  try {
    await access(path);
    return path;
  } catch (cause) {
    throw new LabError({
      tried: `find the lab file ${show(path)}`,
      happened: (cause as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : 'there is no such file',
      next: 'see the labs that come with the tool: lab list',
      exitCode: ExitCode.usage,
      cause,
    });
  }
};

const namesIn = async (labs: string): Promise<string[]> => {
  const files = await readdir(labs);
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .filter((name) => NAME.test(name))
    .sort();
};

export interface LabEntry {
  readonly name: string;
  readonly summary: string;
  readonly path: string;
}

/** The labs that come with the package, by name. One that has errors is listed without its summary. */
export const listLabs = async (labs: string = LABS): Promise<LabEntry[]> => {
  const names = await namesIn(labs);
  return Promise.all(
    names.map(async (name) => {
      const path = join(labs, `${name}.yaml`);
      const { lab } = await loadLab(path);
      return { name, summary: lab?.summary ?? '', path };
    }),
  );
};

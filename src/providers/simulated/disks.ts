import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a machine has beside others in a directory: of its instance, or of a saved state. */
export const diskOf = (dir: string, node: string): string => join(dir, node, 'disk');
export const memoryOf = (dir: string, node: string): string => join(dir, node, 'memory');
/** Says that a machine was started and not stopped since. */
export const startedOf = (dir: string, node: string): string => join(dir, node, 'started');
export const consoleOf = (dir: string, node: string): string => join(dir, node, 'console');
export const imageFileOf = (dir: string): string => join(dir, 'image');

export const writeMap = async (file: string, map: ReadonlyMap<string, string>): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify([...map]));
};

/** @throws SyntaxError where it is none */
export const readMap = async (file: string): Promise<Map<string, string>> =>
  new Map(JSON.parse(await readFile(file, 'utf8')) as [string, string][]);

/** Gives a machine the disk and the memory that were saved of it, to begin with when it is started. */
export const takeSaved = async (saved: string, dir: string, node: string): Promise<void> => {
  await rm(join(dir, node), { recursive: true, force: true });
  await cp(join(saved, node), join(dir, node), { recursive: true });
};

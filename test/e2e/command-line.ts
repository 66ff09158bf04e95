import { join } from 'node:path';
import { execa } from 'execa';
import { projectDir } from '../../src/support/paths.ts';

/** The command line as `./lab` starts it: one file, made of the sources. */
export const MAIN = join(projectDir, 'dist', 'cli', 'main.js');

/** Makes it of the sources as they are now. */
export const makeCommandLine = async (): Promise<void> => {
  await execa(process.execPath, [join(projectDir, 'scripts', 'bundle.ts')], { stdio: 'inherit' });
};

import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectDir } from '../../src/support/paths.ts';
import { homeOfWorker, WORKERS } from './homes.ts';

/**
 * Builds the guest image once, for all workers. They share the images, and the machines that are saved with them: a test
 * that damages one takes a copy first.
 */
export const setup = async (): Promise<void> => {
  const imagesOf = (worker: number) => join(homeOfWorker(worker), 'cache', 'images');
  await execa(process.execPath, [join(projectDir, 'src', 'cli', 'main.ts'), 'image', 'build', '--quiet'], {
    env: { LAB_HOME: homeOfWorker(1), CI: 'true' },
    stdio: 'inherit',
  });
  for (let worker = 2; worker <= WORKERS; worker++) {
    await mkdir(join(homeOfWorker(worker), 'cache'), { recursive: true });
    await symlink(imagesOf(1), imagesOf(worker)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

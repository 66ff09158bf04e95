import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { projectDir } from '../../src/support/paths.ts';
import { homeOfWorker, WORKERS } from './homes.ts';

/** Builds the guest image once, and gives every worker a copy: tests damage theirs. */
export const setup = async (): Promise<void> => {
  const imagesOf = (worker: number) => join(homeOfWorker(worker), 'cache', 'images');
  await execa(process.execPath, [join(projectDir, 'src', 'cli', 'main.ts'), 'image', 'build', '--quiet'], {
    env: { LAB_HOME: homeOfWorker(1), CI: 'true' },
    stdio: 'inherit',
  });
  for (let worker = 2; worker <= WORKERS; worker++) {
    await mkdir(imagesOf(worker), { recursive: true });
    await cp(imagesOf(1), imagesOf(worker), { recursive: true, force: false });
  }
};

import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { MAIN, makeCommandLine } from './command-line.ts';
import { homeOfWorker, WORKERS } from './homes.ts';

/** The smallest lab that there is. */
const ONE = `name: first
summary: one machine, from the saved one
segments: { lan: 192.168.7.0/24 }
nodes: { one: { links: { lan: 192.168.7.1 } } }
`;

/**
 * Makes the command line and the guest image, and saves the machine that others are resumed from, once for all workers: they share the images.
 * A test that damages one takes a copy first.
 */
export const setup = async (): Promise<void> => {
  const home = homeOfWorker(1);
  const lab = (...args: string[]) =>
    execa(process.execPath, [MAIN, ...args, '--quiet'], {
      env: { LAB_HOME: home, CI: 'true' },
      stdio: 'inherit',
    });
  await makeCommandLine();
  await lab('image', 'build');
  const file = join(tmpdir(), `lab-e2e-first-${process.pid}.yaml`);
  await writeFile(file, ONE);
  // A test that is the first to need it may be one that is interrupted, and then the next would have to wait for it as well.
  await lab('up', file, '--no-save');
  await lab('down', 'first');
  await rm(file);
  const imagesOf = (worker: number) => join(homeOfWorker(worker), 'cache', 'images');
  for (let worker = 2; worker <= WORKERS; worker++) {
    await mkdir(join(homeOfWorker(worker), 'cache'), { recursive: true });
    await symlink(imagesOf(1), imagesOf(worker)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
};

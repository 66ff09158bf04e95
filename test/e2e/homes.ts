import { join } from 'node:path';
import { projectDir } from '../../src/support/paths.ts';

/** Test files that run at the same time. With three on two cores, thirteen machines were seen to boot at once. */
export const WORKERS = 2;

/** The LAB_HOME of one of vitest's workers, counted from 1. */
export const homeOfWorker = (worker: number): string =>
  join(process.env.LAB_TEST_HOME || join(projectDir, 'node_modules', '.cache', 'lab-e2e'), `w${worker}`);

import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { WORKERS } from './test/e2e/homes.ts';
import { secondsOf } from './test/e2e/times.ts';

/** The files that take longest begin, so that no worker is left alone with one at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const took = ({ moduleId }: TestSpecification) => (moduleId.includes('/e2e/') ? secondsOf(basename(moduleId)) : 0);
    return (await super.sort(files)).toSorted((one, other) => took(other) - took(one));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/e2e/times-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**/*.test.ts'],
          // They take milliseconds; shellcheck on a busy host takes longer than Vitest's five seconds.
          testTimeout: 60_000,
          // Vitest leaves a core to itself, and so would take one after the other where there are two.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/setup.ts',
          // Half of the time a test waits, for a budget to be over or a machine to boot. More at a time would not be faster.
          maxWorkers: WORKERS,
          // Budgets for emulation without KVM.
          testTimeout: 300_000,
          // A shared host may starve machines for longer than any sensible budget. Each second try is told at the end.
          retry: 1,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { WORKERS } from './test/e2e/homes.ts';

/** The file that takes longest begins first, so that no worker is left alone with it at the end. */
class LabsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLabs = ({ moduleId }: TestSpecification) => moduleId.endsWith('/e2e/labs.test.ts');
    return [...sorted.filter(isLabs), ...sorted.filter((file) => !isLabs(file))];
  }
}

export default defineConfig({
  test: {
    // Of those tests that run side by side, by test.concurrent: as many labs as two cores are good for.
    maxConcurrency: 2,
    sequence: { sequencer: LabsFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // They take milliseconds; shellcheck on a busy host takes longer than Vitest's five seconds.
          testTimeout: 60_000,
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
          // A shared host may starve machines for longer than any sensible budget. A first failure is shown all the same.
          retry: 1,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../src/support/paths.ts';

/** Seconds that end-to-end tests took when they were measured last, by file and, of `labs-*.test.ts`, by lab. */
export interface Times {
  readonly files: Readonly<Record<string, number>>;
  readonly labs: Readonly<Record<string, number>>;
}

/** Files `labs-1.test.ts` and so on, which workers take as they are free. */
export const SHARDS = 4;

/** What was measured last, as `npm run times` has written it. */
export const TIMES = JSON.parse(readFileSync(join(import.meta.dirname, 'times.json'), 'utf8')) as Times;

/** Where a run leaves what it measured, for `npm run times`. */
export const MEASURED = join(projectDir, 'node_modules', '.cache', 'lab-e2e-times.json');

/** What is not known yet is taken for long, so that it begins early. */
const UNKNOWN = 120;

/** Seconds that a test file takes, by its name in this folder. */
export const secondsOf = (file: string, times = TIMES): number => times.files[file] ?? UNKNOWN;

/**
 * Names dealt out into so many shares that take about as long as each other: the longest first, each to the share that has
 * least so far.
 */
export const deal = (
  names: readonly string[],
  shares: number,
  seconds: Readonly<Record<string, number>>,
): string[][] => {
  const took = (name: string): number => seconds[name] ?? UNKNOWN;
  const dealt = Array.from({ length: shares }, () => ({ names: [] as string[], seconds: 0 }));
  for (const name of names.toSorted((one, other) => took(other) - took(one) || (one < other ? -1 : 1))) {
    const least = dealt.reduce((best, share) => (share.seconds < best.seconds ? share : best));
    least.names.push(name);
    least.seconds += took(name);
  }
  return dealt.map((share) => share.names);
};

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { MEASURED, type Times } from './times.ts';

/** How many of the slowest tests are printed. */
const SHOWN = 10;

interface Timed {
  readonly file: string;
  readonly name: string;
  readonly seconds: number;
  readonly tries: number;
}

/**
 * Says at the end of the end-to-end tests which took longest, so that who adds one sees what it costs, and which passed at
 * a second try only: each of those is a fault of the product or of the test, to be looked into. Keeps both beside
 * what was measured.
 */
export default class TimesReporter implements Reporter {
  onTestRunEnd(all: readonly TestModule[]): void {
    const modules = all.filter(({ project }) => project.name === 'e2e');
    const timed = modules.flatMap((module) =>
      [...module.children.allTests()]
        .filter((test) => test.result().state !== 'skipped')
        .map((test) => timedOf(module, test)),
    );
    const files = Object.fromEntries(modules.map((module) => [nameOf(module), rounded(secondsIn(module))]));
    if (timed.length === 0) return;
    const slowest = timed.toSorted((one, other) => other.seconds - one.seconds).slice(0, SHOWN);
    console.log(`\nThe ${slowest.length} slowest end-to-end tests:`);
    for (const each of slowest) console.log(`  ${each.seconds.toFixed(1).padStart(6)} s  ${each.file}: ${each.name}`);
    console.log('\nBy file:');
    for (const [file, seconds] of Object.entries(files).toSorted(([, one], [, other]) => other - one))
      console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${file}`);
    const again = timed.filter(({ tries }) => tries > 1);
    console.log(`\nPassed at a second try only: ${again.length === 0 ? 'none' : again.length}`);
    for (const { file, name } of again) console.log(`  ${file}: ${name}`);
    keep(files, timed, again);
  }
}

const nameOf = (module: TestModule): string => basename(module.moduleId);

const timedOf = (module: TestModule, test: TestCase): Timed => {
  const { duration = 0, retryCount = 0 } = test.diagnostic() ?? {};
  const isGreen = test.result().state === 'passed';
  return {
    file: nameOf(module),
    name: test.fullName,
    seconds: duration / 1000,
    tries: isGreen ? retryCount + 1 : 1,
  };
};

/** From the first hook to the last. */
const secondsIn = (module: TestModule): number => module.diagnostic().duration / 1000;

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;

/** Adds what was measured to what is there: a run of some files says nothing of the others. */
const keep = (files: Record<string, number>, timed: readonly Timed[], again: readonly Timed[]): void => {
  const before = read();
  const labs = Object.fromEntries(
    timed
      .filter(({ file }) => file.startsWith('labs-'))
      .map(({ name, seconds }) => [name.split(':')[0] as string, rounded(seconds)]),
  );
  const secondTries = again.map(({ file, name }) => ({ when: new Date().toISOString(), file, name }));
  const measured = {
    files: { ...before.files, ...files },
    labs: { ...before.labs, ...labs },
    secondTries: [...(before.secondTries ?? []), ...secondTries],
  };
  mkdirSync(dirname(MEASURED), { recursive: true });
  writeFileSync(`${MEASURED}.new`, `${JSON.stringify(measured, null, 2)}\n`);
  renameSync(`${MEASURED}.new`, MEASURED);
};

const read = (): Times & { secondTries?: readonly object[] } => {
  try {
    return JSON.parse(readFileSync(MEASURED, 'utf8'));
  } catch {
    return { files: {}, labs: {} };
  }
};

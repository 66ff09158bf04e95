import { test } from 'vitest';

/** Whether everything is proven, as before a release, and not only what shows each promise once (`lab selftest --full`). */
export const isFull = process.env.LAB_TEST_FULL !== undefined;

/** A test of what the simulated provider shows in every run (`test/instances/`, `test/testing/`): on real machines in a full one. */
export const inFull = test.runIf(isFull);

/** The rows of a table of tests: those that show as much as all of them, and all in a full run. */
export const rows = <Row>(all: readonly Row[], isEnough: (row: Row) => boolean): readonly Row[] =>
  isFull ? all : all.filter(isEnough);

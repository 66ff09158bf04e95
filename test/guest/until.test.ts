import { execa } from 'execa';
import { expect, test } from 'vitest';
import { untilScript } from '../../src/guest/until.ts';

const run = async (condition: string, seconds: number, looks?: number) =>
  (await execa('bash', ['-c', untilScript(condition, seconds, looks)], { reject: false })).exitCode;

test.concurrent('waits until a condition holds', async () => {
  expect(await run('((n++ == 2))', 60)).toBe(0);
});

test.concurrent.each([
  ['with no time', 'false', 0],
  ['where looking takes longer than there is time', 'sleep 1.2 && false', 1],
])('gives up %s', async (_, condition, seconds) => {
  expect(await run(condition, seconds)).toBe(1);
});

test.concurrent('looks once where there is no time', async () => {
  expect(await run('true', 0)).toBe(0);
  expect(await run('! { true; }', 0)).toBe(1);
});

test.concurrent.each([
  ['is looked for as often as is wanted, where looking is slow', 'sleep 0.6; ((n++ == 2))', 1, 4, 0],
  ['is given up after as many looks', 'sleep 0.6; ((n++ == 3))', 1, 3, 1],
  ['is given up in the end', 'sleep 1.2; false', 1, 100, 1],
])('what takes long %s', async (_, condition, seconds, looks, exitCode) => {
  expect(await run(condition, seconds, looks)).toBe(exitCode);
});

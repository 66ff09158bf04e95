import { execa } from 'execa';
import { expect, test } from 'vitest';
import { untilScript } from '../../src/checks/until.ts';

const run = async (condition: string, seconds: number) =>
  (await execa('bash', ['-c', untilScript(condition, seconds)], { reject: false })).exitCode;

test('waits until a condition holds', async () => {
  expect(await run('((n++ == 2))', 60)).toBe(0);
});

test.each([
  ['with no time', 'false', 0],
  ['where looking takes longer than there is time', 'sleep 1.2 && false', 1],
])('gives up %s', async (_, condition, seconds) => {
  expect(await run(condition, seconds)).toBe(1);
});

test('looks once where there is no time', async () => {
  expect(await run('true', 0)).toBe(0);
  expect(await run('! { true; }', 0)).toBe(1);
});

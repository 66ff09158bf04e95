import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { allSettled } from '../../src/support/settled.ts';

test('gives all values in order', async () => {
  expect(await allSettled([delay(5, 'a'), Promise.resolve('b')])).toEqual(['a', 'b']);
});

test('fails only when nothing goes on any more', async () => {
  let done = false;
  const slow = delay(30).then(() => {
    done = true;
  });
  await expect(allSettled([Promise.reject(new Error('broken')), slow])).rejects.toThrow('broken');
  expect(done).toBe(true);
});

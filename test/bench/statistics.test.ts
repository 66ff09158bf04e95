import { describe, expect, test } from 'vitest';
import { mean, median, ratios, showSpread, spreadOf } from '../../bench/statistics.ts';

describe('median', () => {
  test.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[10, 1, 4, 2], 3],
    // As numbers, not as text.
    [[100, 20, 3], 20],
  ])('of %j is %d', (numbers, expected) => expect(median(numbers)).toBe(expected));

  test('leaves the numbers as they are', () => {
    const numbers = [3, 1, 2];
    median(numbers);
    expect(numbers).toEqual([3, 1, 2]);
  });

  test('there is none of nothing', () => expect(() => median([])).toThrow(RangeError));
});

test('mean', () => expect(mean([1, 2, 6])).toBe(3));

describe('ratios', () => {
  test('are those of each run, not of the medians', () => expect(ratios([2, 9], [1, 3])).toEqual([2, 3]));

  test('a run without its baseline is none', () => expect(() => ratios([1, 2], [1])).toThrow(RangeError));
});

describe('a spread is shown', () => {
  test('with the range', () => expect(showSpread(spreadOf([2.04, 1.9, 3]), 1, ' s')).toBe('2.0 s (1.9–3.0)'));
  test('without, of one run', () => expect(showSpread(spreadOf([2.04]), 2)).toBe('2.04'));
});

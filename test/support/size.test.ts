import { expect, test } from 'vitest';
import { parseSize } from '../../src/support/size.ts';

test.each([
  ['0', 0],
  ['500M', 500 * 1024 ** 2],
  ['10G', 10 * 1024 ** 3],
  ['1.5GiB', 1.5 * 1024 ** 3],
  ['2 TB', 2 * 1024 ** 4],
  ['64k', 65_536],
])('%s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'M', '10X', '-1G', '1e3', '10 G 5'])('%j is no size', (text) => {
  expect(() => parseSize(text)).toThrow(/as a size/);
});

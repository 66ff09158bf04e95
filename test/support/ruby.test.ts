import { expect, test } from 'vitest';
import { rubyString } from '../../src/support/ruby.ts';

test.each([
  ['rs1', `'rs1'`],
  [`it's`, `'it\\'s'`],
  ['a\\', `'a\\\\'`],
  ['#{`id`}', "'#{`id`}'"],
])('%j', (value, literal) => {
  expect(rubyString(value)).toBe(literal);
});

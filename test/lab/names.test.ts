import { expect, test } from 'vitest';
import { NAME, nameLike, whyNotName } from '../../src/lab/names.ts';

test.each(['a', 'rs1', 'tun-basic', 'constructor', `a${'b'.repeat(31)}`])('%s is a name', (name) => {
  expect(NAME.test(name)).toBe(true);
});

test.each([
  ['', 'is empty'],
  ['localhost', 'is the name that every machine has for itself'],
  ['a'.repeat(33), 'has 33 characters, which is too long'],
  ['RS1', 'has upper-case letters'],
  ['rs_1', 'has an underscore, which a host name cannot have'],
  ['10', 'starts with a digit'],
  ['rs-', 'starts or ends with a hyphen'],
  ['rs1\n', 'has characters that a host name cannot have'],
  ['../x', 'has characters that a host name cannot have'],
  ['$(reboot)', 'has characters that a host name cannot have'],
  ["a'b", 'has characters that a host name cannot have'],
  ['a,b', 'has characters that a host name cannot have'],
  ['вася', 'has characters that a host name cannot have'],
])('%j is none: it %s', (text, why) => {
  expect(NAME.test(text)).toBe(false);
  expect(whyNotName(text)).toBe(why);
});

test.each([
  ['RS_1', 'rs-1'],
  [' web server ', 'web-server'],
  ['2nd', undefined],
  ['...', undefined],
  ['a'.repeat(100_000), undefined],
])('%.20j is like %s', (text, name) => {
  expect(nameLike(text)).toBe(name);
});

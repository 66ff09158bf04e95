import { expect, test } from 'vitest';
import { checksumOf, findSum, showChecksum } from '../../src/images/sums.ts';

const SHA256 = '0123456789abcdef'.repeat(4);
const SHA512 = '0123456789abcdef'.repeat(8);

test.each([
  ['as sha256sum writes it', `${'f'.repeat(64)}  other.qcow2\n${SHA256}  image.qcow2\n`, 'sha256', SHA256],
  ['of a file that was read as bytes', `${SHA256} *image.qcow2`, 'sha256', SHA256],
  ['as sha512sum writes it', `${SHA512}  image.qcow2\n`, 'sha512', SHA512],
  ['with a tag, after a comment', `# image.qcow2: 2 bytes\nSHA256 (image.qcow2) = ${SHA256}\n`, 'sha256', SHA256],
  ['with other line ends', `SHA256 (image.qcow2) = ${SHA256.toUpperCase()}\r\n`, 'sha256', SHA256],
])('a checksum is found %s', (_, list, algorithm, hex) => {
  expect(findSum(list, 'image.qcow2')).toEqual({ algorithm, hex });
});

test.each([
  ['another file of which the name is a part', `${SHA256}  image.qcow2.old`],
  ['digits of no known length', `${'a'.repeat(40)}  image.qcow2`],
  ['a page of another kind', '<html>image.qcow2</html>'],
])('none is found in %s', (_, list) => {
  expect(findSum(list, 'image.qcow2')).toBeUndefined();
});

test('what is typed is a checksum by its length', () => {
  expect(checksumOf(SHA512.toUpperCase())).toEqual({ algorithm: 'sha512', hex: SHA512 });
  for (const text of ['', 'f'.repeat(63), `${'f'.repeat(63)}g`]) expect(checksumOf(text)).toBeUndefined();
  expect(showChecksum({ algorithm: 'sha256', hex: SHA256 })).toBe('SHA-256 0123456789abcdef…');
});

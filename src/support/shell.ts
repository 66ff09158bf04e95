/** Characters that mean nothing to a POSIX shell wherever they stand in a word. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*$/;

/**
 * One word of a POSIX shell command that stands for exactly `value`: as it is where that is safe, so that generated
 * scripts read as a person would type them, else in single quotes.
 * @throws RangeError on a NUL byte, which no argument can carry.
 */
export const shellQuote = (value: string): string => {
  if (value.includes('\0')) throw new RangeError('a shell word cannot hold a NUL byte');
  return PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
};

/** More than any table of a lab has; what a machine prints beyond it is not read. */
const MAX_LINES = 100_000;
/** Characters of a line: those of ipvsadm have less than 200. */
const MAX_LENGTH = 1000;

/** What a program of a guest printed, by line, within bounds: a line that is longer is cut, and ends with `…`. */
export const linesOf = (text: string): string[] =>
  text.split('\n', MAX_LINES).map((line) => (isTooLong(line) ? `${line.slice(0, MAX_LENGTH)}…` : line));

/** Whether a line of {@link linesOf} is not whole, or would not be. */
export const isTooLong = (line: string): boolean => line.length > MAX_LENGTH;

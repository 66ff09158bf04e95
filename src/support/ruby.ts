/**
 * A Ruby literal that stands for exactly `value`: a single-quoted string, in which nothing is interpolated and only the
 * backslash and the quote itself have a meaning.
 */
export const rubyString = (value: string): string => `'${value.replaceAll(/[\\']/g, '\\$&')}'`;

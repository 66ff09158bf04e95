/** One problem of a lab file, with its place. */
export interface Diagnostic {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** What is right in this place. */
  readonly expected?: string;
  /** What the author most likely meant. */
  readonly suggestion?: string;
  /** The offending line; absent when the problem is of the file as a whole. */
  readonly source?: Excerpt;
}

/** A line of a file, cut around the place when it is long. */
export interface Excerpt {
  readonly text: string;
  /** Where in `text` the place starts, in characters from 0. */
  readonly start: number;
  /** Characters of it that are meant; at least 1. */
  readonly length: number;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** The text with characters that steer a terminal, or hide, made visible, each in one column. */
const visible = (text: string): string => text.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');

const caret = ({ text, start, length }: Excerpt): string => {
  const characters = [...text];
  const blank = (character: string) => (character === '\t' ? '\t' : WIDE.test(character) ? '  ' : ' ');
  const under = (character: string) => (WIDE.test(character) ? '^^' : '^');
  const marked = characters
    .slice(start, start + length)
    .map(under)
    .join('');
  return characters.slice(0, start).map(blank).join('') + (marked || '^');
};

/**
 * A diagnostic as text without colour: `file:line:column: message`, the offending line with carets under the place,
 * what was expected, and the likely intention. Ends without a newline.
 */
export const formatDiagnostic = (diagnostic: Diagnostic): string => {
  const { file, line, column, severity, message, expected, suggestion, source } = diagnostic;
  const lines = [`${visible(file)}:${line}:${column}: ${severity === 'warning' ? 'warning: ' : ''}${visible(message)}`];
  if (source) lines.push(`  ${visible(source.text)}`, `  ${caret(source)}`);
  if (expected !== undefined) lines.push(`  expected: ${visible(expected)}`);
  if (suggestion !== undefined) lines.push(`  did you mean "${visible(suggestion)}"?`);
  return lines.join('\n');
};

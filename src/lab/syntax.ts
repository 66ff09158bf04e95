import type { YAMLError } from 'yaml';
import type { Message, Problem } from './problem.ts';
import type { Source } from './source.ts';

/** Characters of an input method that look like YAML's own. */
const FULL_WIDTH = /[：，｛｝［］“”‘’\u00a0\u3000]/u;

/** A mistake of YAML itself in the words of this tool: the parser's own speak of its internals. */
export const syntaxProblem = ({ code, message, pos: [start, end] }: YAMLError, source: Source): Problem => {
  const [rest = ''] = source.text.slice(start).split(/[\r\n]/, 1);
  const [line = ''] = source.text.slice(source.text.lastIndexOf('\n', start - 1) + 1).split(/[\r\n]/, 1);
  const told = inWords(code, message, rest);
  const indent = /^ */.exec(rest)?.[0].length ?? 0;
  const [look] = FULL_WIDTH.exec(line) ?? [];
  const place = start + (indent < rest.length ? indent : 0);
  const range = { start: place, end: Math.max(place + 1, Math.min(end, start + rest.trimEnd().length)) };
  if (look === undefined) return { range, ...told };
  return {
    range,
    ...told,
    expected: `ASCII punctuation and spaces: this line has the character "${look}" (U+${hex(look)})`,
  };
};

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

const inWords = (code: YAMLError['code'], message: string, rest: string): Message => {
  const [, bracket] = /end with a ([}\]])/.exec(message) ?? [];
  switch (code) {
    case 'TAB_AS_INDENT':
      return { message: 'a tab cannot indent YAML', expected: 'spaces' };
    case 'BAD_INDENT':
      if (bracket)
        return {
          message: `a ${bracket === '}' ? '{' : '['} above is still open here`,
          expected: `its closing ${bracket}`,
        };
      return { message: 'this line is indented like none above it', expected: 'the keys of one map in one column' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      if (/:(\s|$)/.test(rest))
        return {
          message: 'a second colon in one line',
          expected: 'quotes around a text that holds a colon and a space',
        };
      return {
        message: 'the next line is indented deeper than this one, which has its value already',
        expected: 'the keys of one map in one column',
      };
    case 'MULTILINE_IMPLICIT_KEY':
      return { message: 'this line has no colon', expected: '"key: value", with a space after the colon' };
    case 'BAD_SCALAR_START':
      return { message: `a value cannot start with ${rest[0]}`, expected: 'quotes around it' };
    case 'BAD_ALIAS':
      return {
        message: 'a * is the start of an alias, which needs a name',
        expected: 'quotes around a text that starts with *',
      };
    case 'BAD_DQ_ESCAPE':
      return { message: 'an escape that YAML does not know', expected: 'single quotes, or two backslashes for one' };
    case 'UNEXPECTED_TOKEN':
      if (/^[\]}]/.test(rest)) return { message: `a ${rest[0]} that closes nothing` };
      return {
        message: 'the value before this place has ended already',
        expected: 'a comma or a new line between values',
      };
    case 'MISSING_CHAR':
      if (/quote/.test(message)) return { message: 'a quoted text does not end', expected: 'its closing quote' };
      if (/,/.test(message))
        return { message: 'no comma stands before this value', expected: 'a comma between the values' };
      return { message: 'this line has no colon', expected: '"key: value", with a space after the colon' };
    default:
      return { message: `not valid YAML: ${message}` };
  }
};

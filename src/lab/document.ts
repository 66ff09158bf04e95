import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  Parser,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { MAX_ALIASED_VALUES, MAX_DEPTH } from './limits.ts';
import type { Problem } from './problem.ts';
import type { Range, Source } from './source.ts';
import { syntaxProblem } from './syntax.ts';

/** A value of the file as plain data, with the place of every part of it. */
export interface Located {
  readonly value: unknown;
  readonly range: Range;
  /** Of a map. */
  readonly entries?: ReadonlyMap<string, Entry>;
  /** Of a list. */
  readonly items?: readonly Located[];
}

export interface Entry {
  readonly key: Range;
  readonly value: Located;
}

export interface LabDocument {
  /** Absent when the text cannot be read as a document; `problems` then says why. */
  readonly root?: Located;
  readonly problems: Problem[];
}

/** Stops the reading of a document whose values cannot be known. */
class Unreadable extends Error {}

/** Numbers that every version of YAML, and every reader, takes for the same. */
const PLAIN_NUMBER = /^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d+)$/;

/**
 * Reads the one YAML 1.2 document of a lab file: plain values only. Aliases are followed within limits; tags, merge keys,
 * directives, duplicate keys and keys that are no plain text are problems. Numbers in unusual notation (`010`, `0x50`,
 * `1e3`) stay the text they were written as, since YAML's versions disagree on them.
 */
export const readDocument = (source: Source): LabDocument => {
  const tokens = [...new Parser().parse(source.text)];
  const refused = refuse(tokens);
  if (refused) return { problems: [refused] };

  const composer = new Composer({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false });
  const [document, another] = composer.compose(tokens, true, source.text.length);
  if (!document) return { problems: [] };
  if (document.errors.length > 0) return { problems: syntaxProblems(document.errors, source) };
  if (another) {
    const start = another.range[0];
    return {
      problems: [
        {
          range: { start, end: start + 3 },
          message: 'a second document starts here',
          expected: 'one lab in a file, without a line of ---',
        },
      ],
    };
  }
  const problems: Problem[] = [];
  try {
    const root = document.contents === null ? undefined : createReader(problems).read(document.contents);
    return root ? { root, problems } : { problems };
  } catch (error) {
    if (error instanceof Unreadable) return { problems };
    throw error;
  }
};

/** One problem a line, and tabs alone where there are any: what else is wrong is mostly a consequence. */
const syntaxProblems = (errors: readonly YAMLError[], source: Source): Problem[] => {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  const lines = new Set<number>();
  const first = (tabs.length > 0 ? tabs : errors).filter(({ pos }) => {
    const line = source.line(pos[0]);
    return !lines.has(line) && lines.add(line);
  });
  return first.map((error) => syntaxProblem(error, source));
};

/**
 * What must not reach the composer: directives, which change what values mean, deep nesting, since it recurses, and open
 * quotes, which it tells of at the end of the file.
 */
const refuse = (tokens: readonly CST.Token[]): Problem | undefined => {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 })).reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === 'directive')
      return {
        range: rangeOf(token),
        message: 'a YAML directive has no place in a lab file',
        expected: 'plain YAML 1.2',
      };
    if (isUnclosed(token))
      return {
        range: rangeOf(token),
        message: 'the text that starts here does not end',
        expected: `its closing ${token.source[0]}`,
      };
    if (depth > MAX_DEPTH)
      return {
        range: { start: token.offset, end: token.offset + 1 },
        message: `values are nested deeper than ${MAX_DEPTH} levels`,
      };
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth });
    if ('items' in token)
      for (const item of token.items)
        for (const inner of [item.key, item.value]) if (inner) open.push({ token: inner, depth: depth + 1 });
  }
  return undefined;
};

/** The parser takes the end of the file for a closing quote, and an escaped quote there for one too. */
const isUnclosed = (token: CST.Token): token is CST.FlowScalar => {
  if (token.type === 'single-quoted-scalar') return countAtEnd(token.source.slice(1), "'") % 2 === 0;
  if (token.type !== 'double-quoted-scalar') return false;
  const rest = token.source.slice(1);
  return !rest.endsWith('"') || countAtEnd(rest.slice(0, -1), '\\') % 2 === 1;
};

const countAtEnd = (text: string, character: string): number => {
  let count = 0;
  while (text.at(-1 - count) === character) count++;
  return count;
};

const rangeOf = (token: CST.Token & { source: string }): Range => ({
  start: token.offset,
  end: token.offset + token.source.length,
});

const createReader = (problems: Problem[]) => {
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let aliased = 0;
  /** The outermost alias that is being followed. */
  let alias: Range | undefined;

  const unreadable = (problem: Problem): never => {
    problems.push(problem);
    throw new Unreadable();
  };

  const follow = (name: string, range: Range): Located => {
    const target = anchors.get(name);
    if (!target) return unreadable({ range, message: `no anchor &${name} stands before this alias` });
    if (open.has(target)) return unreadable({ range, message: `the alias *${name} stands inside its own anchor` });
    const outer = alias;
    alias ??= range;
    const { value, entries, items, range: original } = read(target);
    alias = outer;
    // Problems inside a shared list or map are where it is written; of a shared scalar, where it is used.
    return entries || items
      ? { value, range: original, ...(entries && { entries }), ...(items && { items }) }
      : { value, range };
  };

  const read = (node: Node): Located => {
    const [start = 0, end = 0] = node.range ?? [];
    const range = { start, end };
    if (alias && ++aliased > MAX_ALIASED_VALUES)
      return unreadable({ range: alias, message: `aliases expand to more than ${MAX_ALIASED_VALUES} values` });
    if (isAlias(node)) return follow(node.source, range);
    if (node.tag !== undefined)
      problems.push({
        range,
        message: `the tag ${node.tag.replace('tag:yaml.org,2002:', '!!')} has no place in a lab file`,
        expected: 'a plain value; quotes make a text',
      });
    if ('anchor' in node && node.anchor) anchors.set(node.anchor, node);
    open.add(node);
    const located = isMap(node)
      ? readMap(node, range)
      : isSeq(node)
        ? readList(node.items as Node[], range)
        : readScalar(node, range);
    open.delete(node);
    return located;
  };

  const readScalar = (node: Node, range: Range): Located => {
    if (!isScalar(node)) return unreadable({ range, message: 'this is neither a value, nor a list, nor a map' });
    const odd = typeof node.value === 'number' && !PLAIN_NUMBER.test(node.source ?? '');
    return { value: odd ? node.source : node.value, range };
  };

  const readList = (nodes: readonly Node[], range: Range): Located => {
    const items = nodes.map(read);
    return { value: items.map(({ value }) => value), range, items };
  };

  const readMap = (map: YAMLMap, range: Range): Located => {
    const entries = new Map<string, Entry>();
    for (const pair of map.items) {
      const node = pair.key as ParsedNode;
      const { value: key, range: place } = readKey(node);
      if (key === '<<')
        unreadable({
          range: place,
          message: 'YAML 1.2 has no merge key <<',
          expected: 'the keys themselves, or an alias as a value',
        });
      const value = pair.value ? read(pair.value as Node) : { value: null, range: place };
      if (entries.has(key))
        problems.push({ range: place, message: `the key ${JSON.stringify(key)} stands twice in this map` });
      // As a property it would name the prototype.
      else if (key === '__proto__')
        problems.push({ range: place, message: '"__proto__" cannot be a key of a lab file' });
      else
        entries.set(key, {
          key: place,
          value: value.range.start === value.range.end ? { ...value, range: place } : value,
        });
    }
    const value = Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value.value]));
    return { value, range, entries };
  };

  const readKey = (node: ParsedNode): { value: string; range: Range } => {
    const { value, range, entries, items } = read(node);
    if (entries || items)
      return unreadable({
        range,
        message: 'a key cannot be a list or a map',
        expected: 'a plain key; template braces {{ }} have no meaning here',
      });
    // `null`, `true` and numbers are names that were not meant as such, and judged as the text they are.
    return { value: typeof value === 'string' ? value : ((isScalar(node) ? node.source : undefined) ?? ''), range };
  };

  return { read };
};

import { z } from 'zod';
import { nearest } from '../support/nearest.ts';
import type { Located } from './document.ts';
import { NAME, whyNotName } from './names.ts';
import { at, describe, keyOf, type Path, placeOf } from './path.ts';
import type { Problem } from './problem.ts';
import { expectations } from './schema.ts';
import { show } from './show.ts';
import type { Range } from './source.ts';
import { unwrap } from './spelling.ts';

/**
 * Judges the value at a path by a schema and tells every deviation in the words of the format, at its place. What only
 * follows from another one is left out.
 */
export const structureProblems = (
  schema: z.core.$ZodType,
  root: Located,
  path: Path = [],
  value: unknown = at(root, path)?.value,
): Problem[] => {
  // An empty text stands for zod's own wordings, so that only those of our schemas remain.
  const { error } = z.safeParse(schema, value, { error: () => '' });
  const issues = error?.issues ?? [];
  const unknown = new Map<string, readonly string[]>(
    issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? [[JSON.stringify(issue.path), issue.keys]] : [])),
  );
  /** A misspelt key is one problem, not an unknown key and a missing one. */
  const isMisspelt = ({ path }: z.core.$ZodIssue): boolean =>
    (unknown.get(JSON.stringify(path.slice(0, -1))) ?? []).some((key) => isMeant(key, String(path.at(-1))));

  return issues.flatMap((issue) => {
    const here = [...path, ...issue.path];
    const judge = schemaAt(schema, issue.path, value);
    const option = judge instanceof z.ZodUnion ? optionFor(judge, at(root, here)?.value) : undefined;
    const inner = option ?? judge;
    const found = at(root, here);
    if (found === undefined) return isMisspelt(issue) ? [] : [missing(root, here, inner)];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(root, here, key, inner));
    if (issue.code === 'invalid_key')
      return invalidKey(root, here, issue, schemaAt(schema, issue.path.slice(0, -1), value));
    if (option && issue.code === 'invalid_union') return structureProblems(option, root, here);
    return [wrongValue(root, here, found, issue, judge)];
  });
};

const isMeant = (key: string, meant: string): boolean =>
  key.startsWith(`${meant}:`) || nearest(key, [meant]) !== undefined;

const missing = (root: Located, path: Path, schema: z.core.$ZodType): Problem => ({
  range: placeOf(root, path),
  message: `${describe(path.slice(0, -1))} has no ${show(String(path.at(-1)))}`,
  expected: expectedOf(schema),
});

const unknownKey = (root: Located, path: Path, key: string, schema: z.core.$ZodType): Problem => {
  const range = keyOf(root, [...path, key]) as Range;
  const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const glued = /^([\w-]+):\S/.test(key) ? `: it ${whyNotName(key)}` : '';
  return {
    range,
    message: `${describe(path)} has no key ${show(key)}${glued}`,
    expected: keys.length > 0 ? `one of ${keys.join(', ')}` : 'no options',
    suggest: () => (glued ? key.replace(':', ': ') : nearest(key, keys)),
  };
};

const invalidKey = (
  root: Located,
  path: Path,
  issue: z.core.$ZodIssueInvalidKey,
  record: z.core.$ZodType,
): Problem[] => {
  if (!(record instanceof z.ZodRecord)) throw new TypeError('only records judge their keys');
  const problem = {
    range: keyOf(root, path) as Range,
    message: issue.issues[0]?.message ?? '',
    expected: expectedOf(record.keyType),
    suggest: () => expectations.get(record.keyType)?.suggest?.(String(path.at(-1))),
  };
  // zod leaves the value of a bad key alone.
  return [problem, ...structureProblems(record.valueType, root, path)];
};

const wrongValue = (
  root: Located,
  path: Path,
  found: Located,
  issue: z.core.$ZodIssue,
  schema: z.core.$ZodType,
): Problem => {
  const { value, range } = found;
  const values = issue.code === 'invalid_value' ? issue.values.map(String) : [];
  return {
    range: placeOf(root, path),
    message:
      issue.message || `${describe(path)} ${value === null ? 'has no value' : `cannot be ${shown(value, range)}`}`,
    expected: expectedOf(schema) + (schema instanceof z.ZodNumber && isDigits(value) ? ', without quotes' : ''),
    suggest: () => suggestion(value, schema, values),
  };
};

const isDigits = (value: unknown): boolean => typeof value === 'string' && /^[1-9]\d*$/.test(value);

/** Unquoted texts that look like numbers are numbers in unusual notation; see `readDocument`. */
const shown = (value: unknown, { start, end }: Range): string => {
  if (typeof value !== 'string' || !/^[-+.]?\d|^[-+]?\.(inf|nan)$/i.test(value)) return show(value);
  if (isDigits(value)) return `the text ${show(value)}`;
  return /^[-+]?\d[\dA-Fa-fox_]*([eE.][-+\d]*)?$/.test(value) && end - start === value.length
    ? `${value}, which not every reader of YAML takes for the same number`
    : show(value);
};

const SWITCHES: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

const suggestion = (value: unknown, schema: z.core.$ZodType, values: readonly string[]): string | undefined => {
  if (schema instanceof z.ZodBoolean) return SWITCHES[String(value).toLowerCase()];
  const takesList =
    schema instanceof z.ZodArray ||
    (schema instanceof z.ZodUnion && schema.options.some((option) => option instanceof z.ZodArray));
  if (typeof value !== 'string') return undefined;
  if (takesList) return NAME.test(value) ? `[${value}]` : undefined;
  return expectations.get(schema)?.suggest?.(value) ?? nearest(value, values);
};

/** What the schema accepts, as its author said it or as can be told from it. */
const expectedOf = (schema: z.core.$ZodType): string => {
  const said = expectations.get(schema)?.expected;
  if (said !== undefined) return said;
  if (schema instanceof z.ZodEnum) return listed(schema.options.map(String));
  if (schema instanceof z.ZodLiteral) return listed([...schema.values].map(String));
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodArray) return `a list, each ${expectedOf(schema.element)}`;
  if (schema instanceof z.ZodNumber) return numberOf(schema);
  if (schema instanceof z.ZodUnion) return schema.options.map(expectedOf).join(', or ');
  return schema instanceof z.ZodString ? 'a text' : 'a map';
};

const listed = (values: readonly string[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;

const numberOf = ({ minValue, maxValue, format }: z.ZodNumber): string => {
  const kind = format?.includes('int') ? 'a whole number' : 'a number';
  const bounded = (bound: number | null): bound is number =>
    bound !== null && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (bounded(minValue) && bounded(maxValue)) return `${kind} from ${minValue} to ${maxValue}`;
  if (bounded(minValue)) return `${kind} of at least ${minValue}`;
  return bounded(maxValue) ? `${kind} of at most ${maxValue}` : kind;
};

/** The schema that judges what is at the path; of a union's options the one made for the kind of value that is there. */
const schemaAt = (schema: z.core.$ZodType, path: Path, value: unknown): z.core.$ZodType => {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (step === undefined) return inner;
  const next = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  if (inner instanceof z.ZodUnion) return schemaAt(optionFor(inner, value) ?? z.unknown(), path, value);
  if (inner instanceof z.ZodObject) return schemaAt(inner.shape[String(step)] ?? z.unknown(), rest, next);
  if (inner instanceof z.ZodRecord) return schemaAt(inner.valueType, rest, next);
  if (inner instanceof z.ZodArray) return schemaAt(inner.element, rest, next);
  return inner;
};

const optionFor = (union: z.ZodUnion, value: unknown): z.core.$ZodType | undefined => {
  const options = union.options.filter((option) => takes(unwrap(option), value));
  return options.length === 1 ? options[0] : undefined;
};

const takes = (schema: z.core.$ZodType, value: unknown): boolean => {
  if (Array.isArray(value)) return schema instanceof z.ZodArray;
  if (typeof value === 'object' && value !== null)
    return schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
  if (typeof value === 'number') return schema instanceof z.ZodNumber;
  return typeof value === 'string' && schema instanceof z.ZodString;
};

import type { z } from 'zod';

/**
 * What is wrong with a record first, by the path of the field: `nodes[0].memory is "much", not a number`.
 * @param value what the schema was asked about
 */
export const recordProblem = ({ issues }: z.core.$ZodError, value: unknown): string =>
  issues[0] ? wordsOf(issues[0], value) : 'it is not what it should be';

const wordsOf = (issue: z.core.$ZodIssue, value: unknown, above: readonly PropertyKey[] = []): string => {
  const path = [...above, ...issue.path];
  const [field, found] = [fieldOf(path), at(value, path)];
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${fieldOf([...path, issue.keys[0] ?? ''])} is not known`;
    case 'invalid_union': {
      // The option that it comes nearest to is the one that was meant.
      const [nearest] = issue.errors.toSorted((one, other) => one.length - other.length);
      return nearest?.[0] ? wordsOf(nearest[0], value, path) : `${field} is ${shown(found)}, which is not known`;
    }
    default:
      if (found === undefined) return `${field} is missing`;
      if (issue.code === 'invalid_type')
        return `${field} is ${shown(found)}, not ${KINDS[issue.expected] ?? issue.expected}`;
      if (issue.code === 'invalid_value') return `${field} is ${shown(found)}, not ${issue.values.join(' or ')}`;
      return `${field} is ${shown(found)}: ${issue.message}`;
  }
};

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) =>
      typeof step === 'number' ? `[${step}]` : /^\w+$/.test(String(step)) ? `.${String(step)}` : `[${shown(step)}]`,
    )
    .join('')
    .replace(/^\./, '') || 'what it holds';

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[step], value);

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  const text = typeof value === 'string' && value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return JSON.stringify(text) ?? 'nothing';
};

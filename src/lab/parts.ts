import type { z } from 'zod';
import type { Path } from './path.ts';
import { type Camel, camel, type Spelt, spell } from './spelling.ts';

/** Makes a part of a draft of what the file has at a path, whatever that is; of nothing, too. */
export type Reader = (value: unknown, path: Path) => unknown;

/** By key, where a draft has more, or less, than the value that the schema finds well-formed. */
export type Readers<Schema extends z.ZodObject> = { readonly [Key in keyof Schema['shape']]?: Reader };

/** What is well-formed in a map of the file, key by key. */
export type Parts<Schema extends z.ZodObject, Own extends Readers<Schema> = Record<never, never>> = {
  readonly [Key in keyof Schema['shape'] as Camel<Key & string>]: Own extends Readonly<
    Record<Key, (...given: never) => infer Part>
  >
    ? Part
    : Spelt<Schema['shape'][Key]> | undefined;
} & {
  /** The keys that the file has, well-formed or not. */
  readonly keys: ReadonlySet<keyof Schema['shape']>;
};

/** Reads a map of the file: every key that the schema has, by the schema or by a reader of its own. */
export const partsOf = <Schema extends z.ZodObject, Own extends Readers<Schema>>(
  schema: Schema,
  readers: Own,
  value: unknown,
  path: Path,
): Parts<Schema, Own> => {
  const map = mapOf(value);
  const shape: Readonly<Record<string, z.ZodType>> = schema.shape;
  const parts = Object.entries(shape).map(([key, part]) => {
    const reader = (readers as Readonly<Record<string, Reader>>)[key];
    return [camel(key), reader ? reader(map[key], [...path, key]) : sound(part, map[key])];
  });
  return { ...Object.fromEntries(parts), keys: new Set(Object.keys(map)) } as Parts<Schema, Own>;
};

/** The value where it is well-formed, and there: defaults are a lab's, not a draft's. */
export const sound = <Schema extends z.ZodType>(schema: Schema, value: unknown): Spelt<Schema> | undefined => {
  if (value === undefined) return undefined;
  const { data, success } = schema.safeParse(value);
  return success ? spell(schema, data) : undefined;
};

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const mapOf = (value: unknown): Readonly<Record<string, unknown>> => (isMap(value) ? value : {});

import { z } from 'zod';

/** A key of the lab file as code has it: `tun-type` is `tunType`. */
export type Camel<Key extends string> = Key extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Key;

export const camel = <Key extends string>(key: Key): Camel<Key> =>
  key.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) as Camel<Key>;

/** What a schema makes of a value, with its own keys as code has them. The keys of a record are names, and stay. */
export type Spelt<Schema> =
  Schema extends z.ZodOptional<infer Inner>
    ? Spelt<Inner> | undefined
    : Schema extends z.ZodDefault<infer Inner>
      ? Spelt<Inner>
      : Schema extends z.ZodObject<infer Shape>
        ? SpeltMap<Shape>
        : z.output<Schema>;

type SpeltMap<Shape> = {
  readonly [Key in keyof Shape as Shape[Key] extends z.ZodOptional ? never : Camel<Key & string>]: Spelt<Shape[Key]>;
} & {
  readonly [Key in keyof Shape as Shape[Key] extends z.ZodOptional ? Camel<Key & string> : never]?: NonNullable<
    Spelt<Shape[Key]>
  >;
};

/** A value that the schema has found well-formed, spelt so. */
export const spell = <Schema extends z.core.$ZodType>(schema: Schema, value: z.output<Schema>): Spelt<Schema> => {
  const map = unwrap(schema);
  if (!(map instanceof z.ZodObject) || value === undefined) return value as Spelt<Schema>;
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, part]) => [camel(key), spell(map.shape[key] as z.core.$ZodType, part)]),
  ) as Spelt<Schema>;
};

/** The schema of a value that is there. */
export const unwrap = (schema: z.core.$ZodType): z.core.$ZodType =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault
    ? unwrap(schema.def.innerType)
    : schema;

import { z } from 'zod';
import { type Camel, camel, type Spelt, unwrap } from './spelling.ts';

/** An optional key that a lab has all the same. */
export interface ByDefault<Value = unknown> {
  readonly byDefault: Value;
}

/**
 * An optional key with the value that a lab has where the file does not give it. Not a default of zod's, which would be
 * there before anybody could tell whether the file has the key.
 */
export const byDefault = <Schema extends z.ZodType>(
  value: z.output<Schema>,
  schema: Schema,
): z.ZodOptional<Schema> & ByDefault<z.output<Schema>> =>
  Object.assign(schema.meta({ ...schema.meta(), default: value }).optional(), { byDefault: value });

const hasDefault = (schema: z.core.$ZodType): schema is z.core.$ZodType & ByDefault => 'byDefault' in schema;

/** The keys of a map as a lab has them: as the file gives them, or by default. */
export type Settings<Schema extends z.ZodObject> = Omit<Spelt<Schema>, keyof Defaults<Schema>> & Defaults<Schema>;

/** The defaults of a map's keys, of those that have one. */
export type Defaults<Schema extends z.ZodObject> = {
  readonly [Key in keyof Schema['shape'] as Schema['shape'][Key] extends ByDefault
    ? Camel<Key & string>
    : never]: Schema['shape'][Key] extends ByDefault<infer Value> ? Value : never;
};

export const defaultsOf = <Schema extends z.ZodObject>(schema: Schema): Defaults<Schema> =>
  Object.fromEntries(
    Object.entries(schema.shape).flatMap(([key, part]) => (hasDefault(part) ? [[camel(key), part.byDefault]] : [])),
  ) as Defaults<Schema>;

/** What a draft has of these keys. */
type Given<Schema extends z.ZodObject> = {
  readonly [Key in keyof Settings<Schema>]: Settings<Schema>[Key] | undefined;
};

/** Fills in defaults. @throws TypeError when a key is missing that has none: validation has let it through. */
export const settle = <Schema extends z.ZodObject>(schema: Schema, given: Given<Schema>): Settings<Schema> =>
  Object.fromEntries(
    Object.entries(schema.shape).flatMap(([key, part]) => {
      const value = (given as Readonly<Record<string, unknown>>)[camel(key)];
      if (value !== undefined) return [[camel(key), value]];
      if (hasDefault(part)) return [[camel(key), part.byDefault]];
      if (part instanceof z.ZodOptional) return [];
      throw new TypeError(`a lab without problems lacks ${key}`);
    }),
  ) as Settings<Schema>;

/** What proves of each key of a map that it is what a lab has: spelt so, with no default left to be filled in. */
export const settledShape = <Schema extends z.ZodObject>(schema: Schema): SettledShape<Schema> =>
  Object.fromEntries(
    Object.entries(schema.shape).map(([key, part]) => {
      const isOptional = part instanceof z.ZodOptional && !hasDefault(part);
      return [camel(key), isOptional ? settled(part).optional() : settled(part)];
    }),
  ) as unknown as SettledShape<Schema>;

type SettledShape<Schema extends z.ZodObject> = {
  [Key in keyof Settings<Schema>]-?: z.ZodType<Settings<Schema>[Key]>;
};

const settled = (part: z.core.$ZodType): z.ZodType => {
  const inner = unwrap(part);
  return inner instanceof z.ZodObject ? z.strictObject(settledShape(inner)) : (inner as z.ZodType);
};

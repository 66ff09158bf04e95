import { z } from 'zod';
import { checksSchema, labSchema } from './schema.ts';
import type { CheckVocabulary } from './vocabulary.ts';

/** The checks by name, with their options, so that an editor completes them. */
const checkOf = (vocabulary: CheckVocabulary) => {
  const bare = Object.entries(vocabulary).map(([name, { summary }]) =>
    z.literal(name).meta({ description: summary ?? name }),
  );
  const withOptions = Object.entries(vocabulary).map(([name, { options, summary }]) =>
    z.strictObject({ [name]: options.nullable().meta({ description: summary ?? name }) }),
  );
  return z.union([...bare, ...withOptions]);
};

/**
 * The JSON Schema (draft 7, which editors' YAML support reads) of a lab file: what can be said of its parts one by one.
 * With a vocabulary it knows the checks too.
 */
export const labJsonSchema = (vocabulary?: CheckVocabulary): object => {
  const schema = vocabulary
    ? labSchema.extend({
        checks: z
          .array(checkOf(vocabulary))
          .meta(z.globalRegistry.get(checksSchema) ?? {})
          .optional(),
      })
    : labSchema;
  return { title: 'Lab file', ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) };
};

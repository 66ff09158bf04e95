import type { z } from 'zod';

/**
 * The checks that a lab file may ask for, by name. The layer that implements checks hands it to `parseLab`, so that names
 * and options are judged with their places while this folder knows no check.
 */
export type CheckVocabulary = Readonly<Record<string, CheckShape>>;

export interface CheckShape {
  /** What the check promises, in one line, for editors. */
  readonly summary?: string;
  /** Strict; `{}`, which is what a bare name means, is valid. */
  readonly options: z.ZodType;
  /** Names of nodes that the options hold, which must be nodes of the lab. Methods, so that a check may know its options. */
  nodes?(options: unknown): readonly string[];
  /** Names of services that the options hold, which must be services of the lab. */
  services?(options: unknown): readonly string[];
}

import type { CheckVocabulary } from '../lab/vocabulary.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { type Registry, registryOf } from '../support/registry.ts';
import type { Scope } from '../traffic/scope.ts';
import type { Check } from './check.ts';

/** The checks that can be asked for, in the order in which a person would look for a fault. */
export type Checks = Registry<Check<Scope>>;

export const checksOf = (all: Checks['all']): Checks =>
  registryOf(all, (name, names) => {
    const meant = nearest(name, names);
    return new LabError({
      tried: `run check ${name}`,
      happened: 'there is no check of that name',
      next: `${meant ? `did you mean ${meant}? ` : ''}The checks are ${names.join(', ')}.`,
      exitCode: ExitCode.usage,
    });
  });

/** The checks that a lab file may ask for, as the loader of lab files wants them. */
export const vocabularyOf = ({ all }: Checks): CheckVocabulary =>
  Object.fromEntries(
    all.map((check) => [
      check.name,
      {
        summary: check.summary,
        options: check.options,
        nodes: (options: Scope) => [...(check.nodes?.(options) ?? []), ...(options.clients ?? [])],
        services: (options: Scope) => options.services ?? [],
      },
    ]),
  );

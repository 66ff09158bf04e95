import type { LabError } from './errors.ts';

/**
 * Things of one kind, each known by its name. What there is, only the top says (`src/cli/registries.ts`); who looks
 * something up is handed the registry.
 */
export interface Registry<T extends { readonly name: string }> {
  /** The first is the one that is meant where none is named. */
  readonly all: readonly [T, ...T[]];
  /** The one of that name. @throws LabError, exit code 2, when there is none. */
  named(name: string): T;
}

/** @param unknown what is said of a name that there is not */
export const registryOf = <T extends { readonly name: string }>(
  all: Registry<T>['all'],
  unknown: (name: string, names: readonly string[]) => LabError,
): Registry<T> => ({
  all,
  named(name) {
    const found = all.find((each) => each.name === name);
    if (found) return found;
    throw unknown(
      name,
      all.map((each) => each.name),
    );
  },
});

import { nearest } from '../../support/nearest.ts';
import type { Located } from '../document.ts';
import type { DraftCheck, DraftReference } from '../draft.ts';
import { at, type Path } from '../path.ts';
import type { Problem } from '../problem.ts';
import { show } from '../show.ts';
import { structureProblems } from '../structure.ts';
import { among, type Survey } from '../survey.ts';
import type { CheckShape, CheckVocabulary } from '../vocabulary.ts';
import { validateNodeName } from './services.ts';

export interface ValidatedChecks {
  readonly problems: readonly Problem[];
  /** The options of each check with their defaults, where nothing is wrong with them. */
  readonly options: ReadonlyMap<DraftCheck, Readonly<Record<string, unknown>>>;
}

/** Each check by the vocabulary: its name, its options, and the nodes and services that the options name. */
export const validateChecks = (survey: Survey, root: Located, vocabulary: CheckVocabulary): ValidatedChecks => {
  const problems: Problem[] = [];
  const valid = new Map<DraftCheck, Readonly<Record<string, unknown>>>();
  for (const check of survey.draft.checks) {
    const shape = Object.hasOwn(vocabulary, check.name) ? vocabulary[check.name] : undefined;
    if (!shape) {
      const names = Object.keys(vocabulary);
      survey.report(
        check.path,
        {
          message: `there is no check ${show(check.name)}`,
          expected: `one of ${names.join(', ')}`,
          suggest: () => nearest(check.name, names),
        },
        'key',
      );
      continue;
    }
    // The options of a bare name have no place of their own, but are described by its name all the same.
    const path = check.path.at(-1) === check.name ? check.path : [...check.path, check.name];
    problems.push(...structureProblems(shape.options, root, path, check.options));
    const options = shape.options.safeParse(check.options);
    if (!options.success) continue;
    validateNames(survey, root, shape, check, options.data);
    valid.set(check, options.data as Record<string, unknown>);
  }
  return { problems, options: valid };
};

const validateNames = (
  survey: Survey,
  root: Located,
  shape: CheckShape,
  { path }: DraftCheck,
  options: unknown,
): void => {
  const named = (name: string): DraftReference => ({ name, path: pathTo(at(root, path), name, path) ?? path });
  for (const name of shape.nodes?.(options) ?? []) validateNodeName(survey, named(name));
  const { services } = survey.draft;
  for (const name of shape.services?.(options) ?? [])
    if (!services.has(name))
      survey.report(named(name).path, { message: `there is no service ${show(name)}`, ...among(services, name) });
};

/** The path to the first value within that is exactly the text. */
const pathTo = (here: Located | undefined, text: string, path: Path): Path | undefined => {
  if (here?.value === text) return path;
  const parts: [PropertyKey, Located][] = [
    ...(here?.items ?? []).map((item, index): [number, Located] => [index, item]),
    ...[...(here?.entries ?? [])].map(([key, { value }]): [string, Located] => [key, value]),
  ];
  for (const [step, part] of parts) {
    const found = pathTo(part, text, [...path, step]);
    if (found) return found;
  }
  return undefined;
};

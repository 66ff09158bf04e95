import { selectChecks } from '../checks/runner.ts';
import { instanceNames, readInstance } from '../instances/store.ts';
import { isPath, listLabs } from '../lab/find.ts';
import type { Lab } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import type { Anew, Target } from '../testing/test-labs.ts';
import { loadCheckedLab } from './lab-file.ts';
import type { Session } from './session.ts';

export interface TargetOptions {
  /** Names of the checks to make, which must be there. */
  readonly checks?: readonly string[] | undefined;
  /** How a lab is brought up. */
  readonly request: (lab: Lab) => Anew['request'];
}

/** Every lab that comes with `lab`, to be brought up; instances that are there are left alone. */
export const allLabs = async (options: TargetOptions, session: Session): Promise<Target[]> =>
  checked(
    (await listLabs()).map(
      ({ path }) =>
        () =>
          labTarget(path, options, session),
    ),
    session,
  );

/**
 * What words of the command line stand for: instances that there are, and labs, by name or path. All lab files are read
 * before anything begins, and all that is wrong with them is printed.
 * @throws LabError, exit code 2, when one stands for nothing, or its file has a problem.
 */
export const targetsOf = async (
  words: readonly string[],
  options: TargetOptions,
  session: Session,
): Promise<Target[]> => {
  const names = await instanceNames();
  const labs = (await listLabs()).map(({ name }) => name);
  return checked(
    [...new Set(words)].map((word) => async () => {
      const instance = names.includes(word) ? await readInstance(word) : undefined;
      // One that never came up, or is going down, is none to be tested.
      if (instance?.phase !== 'up' && instance?.phase !== 'stopped') {
        if (!isPath(word) && !labs.includes(word)) throw unknown(word, names, labs);
        return labTarget(word, options, session);
      }
      selectChecks(session.checks, instance.definition, options.checks);
      return { title: word, instance };
    }),
    session,
  );
};

const unknown = (word: string, instances: readonly string[], labs: readonly string[]): LabError => {
  const near = nearest(word, [...instances, ...labs]);
  const there =
    instances.length > 0 ? `There are the instances ${instances.join(', ')}, and` : 'No instance is up. There are';
  return new LabError({
    tried: `test ${word}`,
    happened: 'there is no instance and no lab of that name',
    next: `${near === undefined ? '' : `did you mean ${near}? `}${there} the labs ${labs.join(', ')}; or give the path of a lab file.`,
    exitCode: ExitCode.usage,
  });
};

const labTarget = async (reference: string, { checks, request }: TargetOptions, session: Session): Promise<Target> => {
  const lab = await loadCheckedLab(reference, session);
  selectChecks(session.checks, lab, checks);
  return { title: lab.name, request: request(lab) };
};

/** All targets, or, of several that cannot be used, an error that names them all. */
const checked = async (finders: readonly (() => Promise<Target>)[], session: Session): Promise<Target[]> => {
  const targets: Target[] = [];
  const errors: LabError[] = [];
  // One after the other, so that what is said of one file stays together.
  for (const find of finders) {
    try {
      targets.push(await find());
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (!first) return targets;
  if (errors.length === 1) throw first;
  for (const error of errors) session.tell(`lab: ${error.message}${error.next ? `\n  next: ${error.next}` : ''}`);
  throw new LabError({
    tried: `test these ${finders.length} labs`,
    happened: `${errors.length} of them cannot be used, see above; nothing was started`,
    exitCode: ExitCode.usage,
  });
};

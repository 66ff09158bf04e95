import { nearest } from '../../support/nearest.ts';
import type { DraftReference, DraftSabotage } from '../draft.ts';
import { show } from '../show.ts';
import { type Survey, some } from '../survey.ts';
import { validateNodeName } from './services.ts';

/** Each breaks nodes of the lab, and turns checks red that the lab asks for. */
export const validateSabotages = (survey: Survey): void => {
  for (const sabotage of survey.draft.sabotages) {
    validateCommands(survey, sabotage);
    for (const check of sabotage.red) validateRed(survey, check);
  }
};

const validateCommands = (survey: Survey, sabotage: DraftSabotage): void => {
  // Several commands of one node share its place, and so its problem.
  for (const command of [...sabotage.break, ...(sabotage.undo ?? [])]) validateNodeName(survey, command, 'key');
};

const validateRed = ({ draft, report }: Survey, { name, path }: DraftReference): void => {
  const [check = '', service] = name.split('/');
  const names = [...new Set(draft.checks.map((asked) => asked.name))];
  if (!names.includes(check))
    report(path, {
      message: `the lab asks for no check ${show(check)}, so that nothing can turn it red`,
      expected: names.length > 0 ? `one of ${some(names)}` : 'a check under "checks"',
      suggest: () => nearest(check, names),
    });
  else if (service !== undefined && !draft.services.has(service))
    report(path, {
      message: `there is no service ${show(service)}`,
      expected: `one of ${some([...draft.services.keys()])}`,
      suggest: () => nearest(service, draft.services.keys()),
    });
};

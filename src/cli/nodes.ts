import type { Lab } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';

/** The name, if it is that of a node. @throws LabError, exit code 2, with the names that there are. */
export const nodeIn = (lab: Lab, name: string): string => {
  const names = lab.nodes.map((node) => node.name);
  if (names.includes(name)) return name;
  const near = nearest(name, names);
  throw new LabError({
    tried: `find node ${name} in ${lab.name}`,
    happened: `its nodes are ${names.join(', ')}`,
    ...(near ? { next: `did you mean ${near}?` } : {}),
    exitCode: ExitCode.usage,
  });
};

/** The nodes that a word of the command line stands for: `all`, one name, or several with commas between. */
export const nodesIn = (lab: Lab, words: string): string[] =>
  words === 'all'
    ? lab.nodes.map((node) => node.name)
    : [...new Set(words.split(',').map((name) => nodeIn(lab, name)))];

import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { type Lab, linkOf, nodeOf } from './lab.ts';

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

/** The segment, if the node has a link to it. @throws LabError, exit code 2, with those that it has. */
export const linkIn = (lab: Lab, node: string, segment: string): string => {
  if (linkOf(nodeOf(lab, node), segment)) return segment;
  const names = nodeOf(lab, node).links.map((link) => link.segment);
  const near = nearest(segment, names);
  throw new LabError({
    tried: `find the link of ${node} to ${segment}`,
    happened: `it is on ${names.join(', ')}`,
    ...(near ? { next: `did you mean ${near}?` } : {}),
    exitCode: ExitCode.usage,
  });
};

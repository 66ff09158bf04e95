import { type Lab, linkOf, nodeOf } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { type Nic, nicsOf } from '../traffic/captures.ts';
import { nodeIn } from './nodes.ts';

/**
 * The NICs that words of the command line stand for: `NODE:SEGMENT` for one, `NODE` for all of a node; without words, all
 * of the lab.
 * @throws LabError, exit code 2, on a name that the lab does not have.
 */
export const nicsIn = (lab: Lab, words: readonly string[]): Nic[] => {
  if (words.length === 0) return nicsOf(lab);
  const wanted = words.flatMap((word) => {
    const [name = '', segment] = word.split(':', 2);
    const node = nodeIn(lab, name);
    return segment === undefined
      ? nicsOf(lab).filter((nic) => nic.node === node)
      : [{ node, segment: linkIn(lab, node, segment) }];
  });
  return nicsOf(lab).filter((nic) => wanted.some(({ node, segment }) => nic.node === node && nic.segment === segment));
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

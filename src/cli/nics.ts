import type { Lab } from '../lab/lab.ts';
import { linkIn, nodeIn } from '../lab/lookup.ts';
import { type Nic, nicsOf } from '../traffic/captures.ts';

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

import type { Lab } from '../lab/lab.ts';
import { nodeIn } from '../lab/lookup.ts';

/** The nodes that a word of the command line stands for: `all`, one name, or several with commas between. */
export const nodesIn = (lab: Lab, words: string): string[] =>
  words === 'all'
    ? lab.nodes.map((node) => node.name)
    : [...new Set(words.split(',').map((name) => nodeIn(lab, name)))];

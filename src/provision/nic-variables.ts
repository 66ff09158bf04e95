import type { Link } from '../lab/lab.ts';

/** Shell variables the templates use for other things. */
const TAKEN = new Set(['missing', 'config', 'file', 'mac', 'nic']);

/**
 * Names of the shell variables that hold a node's NICs, by segment: the segment's own name as far as a variable can have
 * it (`inside`, `rack_2` for `rack-2`). Lower case, so that none is a variable of the shell or of the environment.
 */
export const nicVariables = (links: readonly Link[]): Map<string, string> => {
  const variables = new Map<string, string>();
  const used = new Set(TAKEN);
  for (const { segment } of links) {
    const plain = segment.toLowerCase().replace(/[^a-z0-9_]/g, '_');
    const base = /^[a-z]/.test(plain) && !used.has(plain) ? plain : `nic_${plain}`;
    let variable = base;
    for (let number = 2; used.has(variable); number++) variable = `${base}_${number}`;
    used.add(variable);
    variables.set(segment, variable);
  }
  return variables;
};

import type { Notify } from '../providers/provider.ts';

/** What a provider tells, as lines of progress that name the node they concern. */
export const told =
  (say: (line: string) => void): Notify =>
  (line, node) =>
    say(node ? `${node}: ${line}` : line);

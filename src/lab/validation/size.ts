import { MAX_NODES, MAX_SEGMENTS } from '../limits.ts';
import type { Survey } from '../survey.ts';

/** As many segments and nodes as there are MAC addresses for. */
export const validateSize = ({ draft, report }: Survey): void => {
  const bounds = [
    ['segments', draft.segments.size, MAX_SEGMENTS],
    ['nodes', draft.nodes.size, MAX_NODES],
  ] as const;
  for (const [section, count, most] of bounds)
    if (count > most) report([section], { message: `these are ${count} ${section}, and a lab has at most ${most}` });
};

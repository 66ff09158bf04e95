import type { FaultKind } from './fault.ts';

export interface Kill {
  readonly kind: 'kill';
  readonly node: string;
}

/** The machine loses its power: what it had not written is lost. Undone by booting it. */
export const kill: FaultKind<Kill> = {
  kind: 'kill',
  usage: ['kill NODE', 'take its power away'],
  parse({ only, node }) {
    only(1);
    return { fault: { kind: 'kill', node: node(0) }, undo: false };
  },
  target: ({ node }) => [node],
  describe: ({ node }) => `${node} has no power`,
  apply: async ({ machine }, { node }) => (await machine(node)).cutPower(),
  undo: async ({ machine }, { node }) => (await machine(node)).start(),
};

import type { FaultKind } from './fault.ts';

export interface Pause {
  readonly kind: 'pause';
  readonly node: string;
}

/** The machine stands still: its connections stay, and nobody answers. */
export const pause: FaultKind<Pause> = {
  kind: 'pause',
  usage: ['pause NODE, resume NODE', 'have it stand still, and go on'],
  undoneBy: 'resume',
  parse({ first, only, node }) {
    only(1);
    return { fault: { kind: 'pause', node: node(0) }, undo: first === 'resume' };
  },
  target: ({ node }) => [node],
  describe: ({ node }) => `${node} stands still`,
  apply: async ({ machine }, { node }) => (await machine(node)).pause(),
  undo: async ({ machine }, { node }) => (await machine(node)).resume(),
};

import type { Fault, FaultActions } from './fault.ts';

/** The machine loses its power: what it had not written is lost. Undone by booting it. */
export const kill: FaultActions<Extract<Fault, { kind: 'kill' }>> = {
  describe: ({ node }) => `${node} has no power`,
  apply: async ({ machine }, { node }) => (await machine(node)).cutPower(),
  undo: async ({ machine }, { node }) => (await machine(node)).start(),
};

/** The machine stands still: its connections stay, and nobody answers. */
export const pause: FaultActions<Extract<Fault, { kind: 'pause' }>> = {
  describe: ({ node }) => `${node} stands still`,
  apply: async ({ machine }, { node }) => (await machine(node)).pause(),
  undo: async ({ machine }, { node }) => (await machine(node)).resume(),
};

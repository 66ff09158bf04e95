import type { Fault, FaultActions } from './fault.ts';

/** The machine loses its power: what it had not written is lost. Undone by booting it. */
export const kill: FaultActions<Extract<Fault, { kind: 'kill' }>> = {
  describe: ({ node }) => `${node} has no power`,
  apply: (access, { node }) => access.controls.cutPower(node),
  undo: (access, { node }) => access.controls.start(node),
};

/** The machine stands still: its connections stay, and nobody answers. */
export const pause: FaultActions<Extract<Fault, { kind: 'pause' }>> = {
  describe: ({ node }) => `${node} stands still`,
  apply: (access, { node }) => access.controls.pause(node),
  undo: (access, { node }) => access.controls.resume(node),
};

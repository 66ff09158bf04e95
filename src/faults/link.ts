import type { Fault, FaultActions } from './fault.ts';

/** The cable between a NIC and its segment is pulled out: the guest sees that its carrier is gone. */
export const link: FaultActions<Extract<Fault, { kind: 'link' }>> = {
  describe: ({ node, segment }) => `${node} is cut off from ${segment}`,
  apply: (access, { node, segment }) => access.controls.plug(node, segment, false),
  undo: (access, { node, segment }) => access.controls.plug(node, segment, true),
};

import type { Fault, FaultActions } from './fault.ts';

/** The cable between a NIC and its segment is pulled out: the guest sees that its carrier is gone. */
export const link: FaultActions<Extract<Fault, { kind: 'link' }>> = {
  describe: ({ node, segment }) => `${node} is cut off from ${segment}`,
  apply: async ({ machine }, { node, segment }) => (await machine(node)).plug(segment, false),
  undo: async ({ machine }, { node, segment }) => (await machine(node)).plug(segment, true),
};

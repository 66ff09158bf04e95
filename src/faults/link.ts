import type { FaultKind } from './fault.ts';

export interface LinkDown {
  readonly kind: 'link';
  readonly node: string;
  readonly segment: string;
}

/** The cable between a NIC and its segment is pulled out: the guest sees that its carrier is gone. */
export const link: FaultKind<LinkDown> = {
  kind: 'link',
  usage: ['link NODE SEGMENT down|up', 'pull its cable out, and put it in'],
  parse({ only, link, undoes }) {
    only(3);
    return { fault: { kind: 'link', ...link(0) }, undo: undoes(2, 'down', 'up') };
  },
  target: ({ node, segment }) => [node, segment],
  describe: ({ node, segment }) => `${node} is cut off from ${segment}`,
  apply: async ({ machine }, { node, segment }) => (await machine(node)).plug(segment, false),
  undo: async ({ machine }, { node, segment }) => (await machine(node)).plug(segment, true),
};

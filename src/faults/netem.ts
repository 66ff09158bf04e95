import { shellQuote } from '../support/shell.ts';
import type { Fault, FaultActions } from './fault.ts';
import { netemWords } from './netem-settings.ts';
import { nicOf } from './nic.ts';

/** What a node sends to a segment is delayed, lost, …: the kernel's own network emulation, on the way out. */
export const netem: FaultActions<Extract<Fault, { kind: 'netem' }>> = {
  describe: ({ node, segment, settings }) => `what ${node} sends to ${segment}: ${netemWords(settings).join(' ')}`,
  apply: async ({ lab, guest }, { node, segment, settings }) => {
    const words = netemWords(settings).map(shellQuote).join(' ');
    await (await guest(node)).must(`${nicOf(lab, node, segment)} && tc qdisc replace dev "$nic" root netem ${words}`);
  },
  undo: async ({ lab, guest }, { node, segment }) => {
    // Only what was made here: deleting what is not there is an error, and so is deleting the kernel's own.
    await (await guest(node)).must(
      `${nicOf(lab, node, segment)} && if tc qdisc show dev "$nic" root | grep -q netem; then tc qdisc del dev "$nic" root; fi`,
    );
  },
};

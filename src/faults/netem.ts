import { shellQuote } from '../support/shell.ts';
import type { FaultKind } from './fault.ts';
import { NETEM_SETTINGS, type NetemSettings, netemSettings, netemWords } from './netem-settings.ts';
import { nicOf } from './nic.ts';

export interface Netem {
  readonly kind: 'netem';
  readonly node: string;
  readonly segment: string;
  readonly settings: NetemSettings;
}

/** What a node sends to a segment is delayed, lost, …: the kernel's own network emulation, on the way out. */
export const netem: FaultKind<Netem> = {
  kind: 'netem',
  usage: ['netem NODE SEGMENT --delay …', 'disturb what it sends there: see the options'],
  options: NETEM_SETTINGS.map(({ name, help }) => ({ name, value: 'value', help })),
  parse({ only, link, options }) {
    only(2);
    return { fault: { kind: 'netem', ...link(0), settings: netemSettings(options) }, undo: false };
  },
  target: ({ node, segment }) => [node, segment],
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

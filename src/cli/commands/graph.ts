import { type Command, Option } from 'commander';
import { topologyDot, topologyMermaid, topologyText } from '../../provision/topology.ts';
import { loadCheckedLab } from '../lab-file.ts';
import type { Session } from '../session.ts';

const FORMATS = { text: topologyText, mermaid: topologyMermaid, dot: topologyDot };

export const graph = (program: Command, session: Session): void => {
  program
    .command('graph')
    .summary("show a lab's topology: segments, nodes, addresses")
    .description(
      "Shows a lab's segments with the nodes on them, their addresses and VIPs: as text, for Mermaid, or for Graphviz\n" +
        '(lab graph tun-basic -f dot | dot -Tsvg > tun-basic.svg). Nothing is created.',
    )
    .argument('<lab>', 'name of a lab, or path of a lab file')
    .addOption(
      new Option('-f, --format <format>', 'how to draw it')
        .choices(Object.keys(FORMATS))
        .default('text' satisfies keyof typeof FORMATS),
    )
    .action(async (reference: string, { format }: { format: keyof typeof FORMATS }) => {
      session.print(FORMATS[format](await loadCheckedLab(reference, session)));
    });
};

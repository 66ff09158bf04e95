import type { Lab, Node, Segment } from '../lab/lab.ts';
import { endpoint } from './describe.ts';
import { announcedVips } from './vips.ts';

/** A lab's segments, each with the nodes on it, their addresses there, and the VIPs that they answer for. */
export const topologyText = (lab: Lab): string =>
  lab.segments.map((segment) => segmentText(lab, segment).join('\n')).join('\n\n');

const segmentText = (lab: Lab, segment: Segment): string[] => {
  const members = membersOf(lab, segment);
  const width = Math.max(...members.map(({ node }) => node.name.length), 0);
  const addressWidth = Math.max(...members.map(({ address }) => address.length), 0);
  const lines = members.map(({ node, address, vips }, at) => {
    const branch = at === members.length - 1 ? '`--' : '|--';
    return ` ${branch} ${node.name.padEnd(width)}  ${address.padEnd(addressWidth)}  ${vips.join(', ')}`.trimEnd();
  });
  return [`${segment.name}  ${segment.prefix}`, ...lines];
};

/** A node's link to a segment. */
interface Member {
  readonly node: Node;
  readonly address: string;
  /** The VIPs that it has there: `VIP 192.168.2.100:80 (web)`. */
  readonly vips: readonly string[];
}

const membersOf = (lab: Lab, { name }: Segment): Member[] =>
  lab.nodes.flatMap((node) =>
    node.links
      .filter(({ segment }) => segment === name)
      .map(({ address }) => ({ node, address, vips: vipsOn(lab, node, name) })),
  );

const vipsOn = (lab: Lab, node: Node, segment: string): string[] =>
  lab.services
    .filter(
      ({ director, vip, vrrp, segment: own }) =>
        director === node.name && (vrrp ? own === segment : announcedVips(lab, node).get(vip) === segment),
    )
    .map((service) => `VIP ${endpoint(service)} (${service.name})`);

/** What its name does not say already. */
const rolesOf = ({ name, roles }: Node): string[] => roles.filter((role) => role !== name);

/**
 * The same as a flowchart of Mermaid, which GitHub, GitLab and many editors draw. Names of a lab file are host names, so
 * nothing of them needs quoting.
 */
export const topologyMermaid = (lab: Lab): string => {
  const id = (kind: string, name: string) => `${kind}_${name.replaceAll('-', '_')}`;
  return [
    'flowchart LR',
    ...lab.nodes.map(
      (node) => `  ${id('node', node.name)}["${[`<b>${node.name}</b>`, ...rolesOf(node)].join('<br>')}"]`,
    ),
    ...lab.segments.flatMap((segment) => [
      `  ${id('segment', segment.name)}(["${segment.name}<br>${segment.prefix}"])`,
      ...membersOf(lab, segment).map(
        ({ node, address, vips }) =>
          `  ${id('node', node.name)} ---|"${[address, ...vips].join('<br>')}"| ${id('segment', segment.name)}`,
      ),
    ]),
  ].join('\n');
};

/** The same as a graph in the DOT language of Graphviz: `lab graph tun-basic -f dot | dot -Tsvg`. */
export const topologyDot = (lab: Lab): string =>
  [
    `graph "${lab.name}" {`,
    '  graph [rankdir=LR]',
    '  node [shape=box, fontname="sans-serif"]',
    '  edge [fontname="sans-serif", fontsize=10]',
    ...lab.nodes.map((node) => `  "node ${node.name}" [label="${[node.name, ...rolesOf(node)].join('\\n')}"]`),
    ...lab.segments.flatMap((segment) => [
      `  "segment ${segment.name}" [shape=ellipse, label="${segment.name}\\n${segment.prefix}"]`,
      ...membersOf(lab, segment).map(
        ({ node, address, vips }) =>
          `  "node ${node.name}" -- "segment ${segment.name}" [label="${[address, ...vips].join('\\n')}"]`,
      ),
    ]),
    '}',
  ].join('\n');

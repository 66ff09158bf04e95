import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { scriptView } from './script-view.ts';
import { renderShell } from './templates.ts';

/**
 * The script of each node, by the node's name, in file order: bash, run by root on the node itself. It brings the node to
 * the state the lab asks for from whatever state it is in, and in force again after every reboot.
 */
export const renderScripts = (lab: Lab, family: Family): Map<string, string> =>
  new Map(lab.nodes.map((node) => [node.name, renderShell(`${family}/node.sh`, scriptView(lab, node, family))]));

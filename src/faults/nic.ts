import { nicWithMac } from '../guest/nic.ts';
import { type Lab, linkOf, nodeOf } from '../lab/lab.ts';

/** Shell that gives a variable the name of a node's NIC on a segment, and fails where there is none. */
export const nicOf = (lab: Lab, node: string, segment: string, variable = 'nic'): string => {
  const mac = linkOf(nodeOf(lab, node), segment)?.mac ?? '';
  return `${variable}=${nicWithMac(mac)} && [ -n "$${variable}" ]`;
};

import ipaddr from 'ipaddr.js';
import type { KnownImage } from '../images/registry.ts';
import { familyOfText } from '../lab/addresses.ts';
import type { Lab } from '../lab/lab.ts';
import { describeNode } from './describe.ts';
import { renderRuby } from './templates.ts';

/**
 * The Vagrantfile of a lab, for libvirt and VirtualBox: `vagrant up` makes its machines and runs the scripts that lie in
 * `scripts/` beside it.
 * @param prefix what names of networks and machines begin with on the host that runs them
 */
export const renderVagrantfile = (lab: Lab, image: KnownImage, prefix: string): string =>
  renderRuby('Vagrantfile.tpl', {
    lab: lab.name,
    summary: lab.summary,
    first: lab.nodes[0]?.name ?? '',
    prefix,
    box: image.box,
    nodes: lab.nodes.map((node) => ({
      name: node.name,
      description: describeNode(lab, node),
      memory: Math.max(node.memory, image.boxMemory),
      cpus: node.cpus,
      script: `scripts/${node.name}.sh`,
      links: node.links.map(({ segment, address, prefixLength, mac }) => ({
        segment,
        address,
        // Of IPv6 Vagrant takes the length of the prefix in its place.
        netmask:
          familyOfText(address) === 'IPv6'
            ? String(prefixLength)
            : ipaddr.IPv4.subnetMaskFromPrefixLength(prefixLength).toString(),
        // The form that VirtualBox takes; vagrant-libvirt puts the colons in.
        mac: mac.replaceAll(':', ''),
      })),
    })),
  });

import { type Address, formatAddress, parseAddress } from '../addresses.ts';
import type { DraftNode } from '../draft.ts';
import { show, showName } from '../show.ts';
import { type Survey, some } from '../survey.ts';

/** A router translates addresses of its own to VIPs, each VIP once. */
export const validateStaticNat = (survey: Survey): void => {
  const { draft, report, forwards } = survey;
  const seen = new Map<Address, string>();
  for (const node of draft.nodes.values()) {
    for (const entry of node.staticNat) {
      const path = ['nodes', node.name, 'static-nat', entry.public];
      const vip = formatAddress(entry.private);
      const other = seen.get(entry.private);
      if (!ownsAddress(node, entry.public))
        report(
          path,
          {
            message: `${showName(node.name)} has no address ${show(entry.public)} to translate`,
            expected: `one of ${some(node.links.flatMap(({ address }) => (address === undefined ? [] : [formatAddress(address)])))}`,
          },
          'key',
        );
      if (![...draft.services.values()].some((service) => service.vip === entry.private))
        report(path, { message: `no service has the VIP ${vip}`, expected: 'the VIP of a service' });
      else if (other !== undefined)
        report(path, { message: `${showName(other)} translates to ${vip} already`, expected: 'each VIP once' });
      seen.set(entry.private, other ?? node.name);
    }
    if (node.staticNat.length > 0 && !forwards(node.name))
      report(['nodes', node.name, 'forwarding'], {
        message: `${showName(node.name)} translates addresses of packets that it does not forward`,
        expected: 'forwarding: true',
      });
  }
};

const ownsAddress = ({ links }: DraftNode, text: string): boolean => {
  const address = parseAddress(text);
  return address !== undefined && links.some((link) => link.address === address);
};

import { familyOfText } from '../../lab/addresses.ts';
import { linkOf, type Node, nodeOf, type Service } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import { type Hypothesis, holderOf, inForce, nicOn, type Scene, saidBy, spoke } from '../scene.ts';

/** A machine beside the director that answers ARP for the VIP, or tells its neighbours that it has it; and who believes that. */
export const arp: Hypothesis = (scene) => {
  const seen = new Set<string>();
  return scene.lab.services.flatMap((service) => {
    const key = `${service.vip} ${service.segment}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const others = scene.lab.nodes.filter(
      (node) => node.name !== service.director && linkOf(node, service.segment) !== undefined,
    );
    return [
      ...others.flatMap((node) => claims(scene, service, node)),
      ...scene.lab.nodes.flatMap((node) => believes(scene, service, node)),
    ];
  });
};

/** Checks that see it where requests are answered all the same; more of them where they go past the director. */
const CHECKS = ['arp-owner'];

const claims = (scene: Scene, service: Service, { name }: Node): Cause[] => {
  const said = saidBy(scene, name);
  const nic = nicOn(scene, name, service.segment);
  const { vip, director } = service;
  if (!spoke(said) || !nic) return [];
  const holders = said.devices.filter(({ addresses }) => addresses.some(({ address }) => address === vip));
  const holder = holders.find((device) => device.name === nic.name) ?? holders[0];
  if (!holder) return [];
  const announce = { node: director, command: 'lab-node boot' };
  const isServer = service.realServers.some(({ node }) => node === name);
  const drops = said.arptables.some(
    (line) => / INPUT /.test(line) && line.includes(` -d ${vip} `) && / -j DROP/.test(line),
  );
  const mangles = said.arptables.some((line) => / OUTPUT /.test(line) && line.includes(` -s ${vip} `));
  const effect = { turns: true, checks: CHECKS };
  if (holder.name === nic.name || !isServer) {
    if (holder.name !== nic.name && (inForce(said, 'arp_ignore', nic.name) > 0 || drops)) return [];
    return [
      {
        hypothesis: 'arp',
        node: name,
        what: `has the VIP ${vip} on ${holder.name} and answers ${questionsFor(vip)} for it, which only ${director} should`,
        show: { node: name, command: `ip address show ${holder.name}` },
        mend: [{ node: name, command: `ip address del ${vip}/${lengthOn(holder, vip)} dev ${holder.name}` }, announce],
        effect: { ...effect, checks: [...CHECKS, 'reachable'] },
      },
    ];
  }
  // With IPv6 a machine answers only on the interface that has the address.
  if (familyOfText(vip) === 'IPv6') return [];
  const byArptables = service.arp === 'arptables';
  const causes: Cause[] = [];
  const ignore = inForce(said, 'arp_ignore', nic.name);
  const show = byArptables
    ? { node: name, command: 'arptables-save' }
    : { node: name, command: `sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.${nic.name}.arp_ignore` };
  if (!drops && ignore === 0) {
    causes.push({
      hypothesis: 'arp',
      node: name,
      what: byArptables
        ? `has no rule of arptables that drops questions for ${vip}: it answers ARP for the VIP, beside ${director}`
        : `arp_ignore is 0 for ${nic.name} (the larger of all and ${nic.name}): it answers ARP for the VIP, beside ${director}`,
      show,
      mend: [
        { node: name, command: byArptables ? 'lab-node boot' : 'sysctl -w net.ipv4.conf.all.arp_ignore=1' },
        announce,
      ],
      effect,
    });
  }
  const announces = inForce(said, 'arp_announce', nic.name);
  if (!mangles && announces < 2 && causes.length === 0) {
    causes.push({
      hypothesis: 'arp',
      node: name,
      what: `arp_announce is ${announces} for ${nic.name}: it asks for its neighbours in the name of the VIP, and they believe that it has it`,
      show: { node: name, command: `sysctl net.ipv4.conf.all.arp_announce net.ipv4.conf.${nic.name}.arp_announce` },
      mend: [
        { node: name, command: byArptables ? 'lab-node boot' : 'sysctl -w net.ipv4.conf.all.arp_announce=2' },
        announce,
      ],
      effect,
    });
  }
  return causes;
};

const questionsFor = (vip: string): string => (familyOfText(vip) === 'IPv6' ? 'neighbour solicitations' : 'ARP');

const lengthOn = ({ addresses }: { addresses: readonly { address: string; prefixLength: number }[] }, vip: string) =>
  addresses.find(({ address }) => address === vip)?.prefixLength ?? 32;

const believes = (scene: Scene, { vip, director, segment, realServers }: Service, { name }: Node): Cause[] => {
  const wanted = linkOf(nodeOf(scene.lab, director), segment)?.mac;
  const said = saidBy(scene, name);
  // What it has itself, it asks no neighbour for; the entry is of a time when another director had it.
  if (holderOf(said, vip)) return [];
  const entry = said.neighbours.find(({ address, mac }) => address === vip && mac !== undefined);
  if (!entry || entry.mac === wanted || entry.state === 'FAILED') return [];
  const owner = scene.lab.nodes.find(({ links }) => links.some(({ mac }) => mac === entry.mac));
  const isServer = realServers.some(({ node }) => node === owner?.name);
  return [
    {
      hypothesis: 'arp',
      node: name,
      what: `believes that ${owner?.name ?? 'a machine that is no node'} (${entry.mac}) has the VIP ${vip}, and sends requests past ${director}`,
      show: { node: name, command: `ip neighbour show ${vip}` },
      mend: [{ node: director, command: 'lab-node boot' }],
      effect: isServer
        ? { turns: true, checks: ['encapsulated', 'mac-rewrite', 'route', 'arp-owner'] }
        : { lost: realServers.map(({ node }) => node), how: 'timeout', checks: ['arp-owner'] },
    },
  ];
};

import { contains, familyOfText, hostPrefixOf, parseAddress, parsePrefix } from '../../lab/addresses.ts';
import { familyOfLab } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import { keyOf, type Question, routeCommand } from '../questions.ts';
import {
  forwardingOf,
  type Hypothesis,
  holderOf,
  losing,
  nicName,
  nicOn,
  type Scene,
  saidBy,
  sysctl,
} from '../scene.ts';
import type { Answer } from '../snapshot.ts';

/** A gateway or route that is missing, or leads elsewhere than the lab file has it: by what the kernel would do. */
export const routes: Hypothesis = (scene) =>
  unique(
    scene.questions.flatMap((question): Cause[] => {
      const { node, to, journeys } = question;
      const answer = saidBy(scene, node).answers.get(keyOf(question));
      if (!answer || to === 'itself' || isAnother(scene, question, answer)) return [];
      const wrong = whatIsWrong(scene, question, answer);
      if (wrong === undefined) return [];
      const { what, detour } = wrong;
      const shown = routeCommand(question, (segment) => nicName(scene, node, segment));
      return [
        {
          hypothesis: 'routes',
          node,
          what,
          show: { node, command: shown },
          mend: [mendOf(scene, question, detour)],
          effect: effectOf(scene, question, detour, losing(journeys, 'timeout')),
        },
      ];
    }),
  );

/** Whether another hypothesis has a better word for it: forwarding that is off, reverse path filtering, a NIC that is down. */
const isAnother = (scene: Scene, { node, from, source, to }: Question, answer: Answer): boolean => {
  const said = saidBy(scene, node);
  if (answer.kind === 'refused' && /cross-device|Cannot find device|No such device/.test(answer.why)) return true;
  if (from && forwardingOf(scene, node).on === false) return true;
  // What is not its own it cannot send: the hypothesis of addresses says so.
  if (!from && source !== '' && !holderOf(said, source)) return true;
  if (to === 'itself') return false;
  const nic = nicOn(scene, node, to.segment);
  return !nic?.up || !nic.carrier;
};

interface Wrong {
  readonly what: string;
  /** The neighbour it goes to instead: its name, where it is a node. */
  readonly detour?: string;
}

const whatIsWrong = (scene: Scene, question: Question, answer: Answer): Wrong | undefined => {
  const { node, to, destination, source, part } = question;
  if (to === 'itself') return undefined;
  const parcel = { request: 'requests', forwarded: 'requests', delivered: 'requests', reply: 'replies' }[part];
  const should = to.via === undefined ? 'straight to its neighbour' : `through ${ownerOf(scene, to.via)} (${to.via})`;
  if (answer.kind === 'refused')
    return { what: `has no way to ${destination} for ${parcel} (${answer.why}); it should be ${should}` };
  if (answer.kind === 'local')
    return { what: `takes ${destination} for an address of its own, so ${parcel} end there` };
  const device = nicName(scene, node, to.segment);
  if (answer.via === to.via && answer.device === device) return undefined;
  const via =
    answer.via === undefined
      ? `straight out of ${answer.device}`
      : `through ${ownerOf(scene, answer.via)} (${answer.via})`;
  return {
    what: `sends ${parcel} for ${destination}${source && part === 'reply' ? ` from ${source}` : ''} ${via}; it should be ${should}`,
    ...(answer.via !== undefined && { detour: ownerOf(scene, answer.via) }),
  };
};

const ownerOf = ({ lab }: Scene, address: string): string =>
  lab.nodes.find(({ links }) => links.some((link) => link.address === address))?.name ?? 'nobody';

const mendOf = (scene: Scene, { node, destination, to }: Question, detour: string | undefined) => {
  if (to === 'itself' || to.via === undefined) {
    const command = detour === undefined ? 'lab-node boot' : `${ipFor(destination)} route del ${destination}`;
    return { node, command };
  }
  const known = scene.lab.nodes.find(({ name }) => name === node);
  const isDefault = known?.gateway?.address === to.via;
  // A route beside the default one may be what leads astray: to look is `ip route`, and a reboot has the lab's own alone.
  return {
    node,
    command:
      isDefault && detour === undefined
        ? `${ipFor(to.via)} route replace default via ${to.via}`
        : detourMend(scene, node, destination, to.via),
  };
};

const detourMend = (scene: Scene, node: string, destination: string, via: string): string => {
  const lines = saidBy(scene, node).raw.split('\n');
  const astray = lines.find(
    (line) => line.includes(' via ') && !line.includes(` via ${via} `) && covers(line, destination),
  );
  const route = astray?.split(' ').slice(0, 3).join(' ');
  return route?.startsWith('default') || route === undefined
    ? `${ipFor(via)} route replace default via ${via}`
    : `${ipFor(destination)} route del ${route}`;
};

/** Whether a line of `ip route` is for this very address, or a prefix that begins as it does. */
const covers = (line: string, destination: string): boolean => {
  const [target = ''] = line.split(' ');
  if (target === 'default') return true;
  const prefix = parsePrefix(target.includes('/') ? target : hostPrefixOf(target));
  const address = parseAddress(destination);
  return prefix !== undefined && address !== undefined && contains(prefix, address);
};

/** iproute2 takes `default` for that of IPv4 where it is not told. */
const ipFor = (address: string): string => (familyOfText(address) === 'IPv6' ? 'ip -6' : 'ip');

/** A reply that goes a longer way, or through the director, may arrive all the same. */
const effectOf = (scene: Scene, { part, journeys }: Question, detour: string | undefined, lost: Cause['effect']) => {
  if (detour === undefined || part !== 'reply') return lost;
  const isDirector = journeys.some(({ service }) => service.director === detour && service.forward !== 'nat');
  if (!forwardingOf(scene, detour).on) return lost;
  const checks = isDirector ? ['direct-return', 'route'] : ['route'];
  // With NAT only the director can put the VIP in the place of the source.
  if (journeys.some(({ service }) => service.forward === 'nat')) return lost;
  // IPv6 does not mind a source that is its own.
  if (familyOfLab(scene.lab) === 'IPv6') return { checks };
  return isDirector && sysctl(saidBy(scene, detour), 'conf.all.accept_local') !== 1 ? lost : { checks };
};

/** One cause for each node and way: several services or clients may tell of the same. */
const unique = (causes: readonly Cause[]): Cause[] => {
  const groups = Map.groupBy(causes, ({ node, mend }) => JSON.stringify([node, mend]));
  return [...groups.values()].map((group) => {
    const [first] = group as [Cause];
    const lost = [...new Set(group.flatMap(({ effect }) => effect.lost ?? []))];
    return { ...first, effect: { ...first.effect, ...(lost.length > 0 && { lost }) } };
  });
};

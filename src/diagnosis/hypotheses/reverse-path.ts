import type { Cause } from '../cause.ts';
import { keyOf, routeCommand } from '../questions.ts';
import { deviceOf, type Hypothesis, losing, nicName, saidBy, sysctl } from '../scene.ts';

/** RTNETLINK's words for a packet that reverse path filtering drops (EXDEV). */
const CROSS_DEVICE = /Invalid cross-device link/;

/**
 * Reverse path filtering: a node that drops packets which come in by another device than the way back to their source
 * leads out by. The value in force is the larger of `all` and the device's own; only 1 is strict.
 */
export const reversePath: Hypothesis = (scene) =>
  scene.questions.flatMap((question): Cause[] => {
    const { node, source, from, journeys, part } = question;
    const said = saidBy(scene, node);
    const answer = said.answers.get(keyOf(question));
    if (answer?.kind !== 'refused' || !CROSS_DEVICE.test(answer.why) || !from) return [];
    const device = deviceOf(scene, node, from);
    const all = sysctl(said, 'conf.all.rp_filter') ?? 0;
    const own = sysctl(said, `conf.${device}.rp_filter`) ?? 0;
    if (Math.max(all, own) !== 1) return [];
    const assignments = [
      ...(all === 1 ? ['net.ipv4.conf.all.rp_filter'] : []),
      ...(own === 1 ? [`net.ipv4.conf.${device}.rp_filter`] : []),
    ];
    const parcel = part === 'reply' ? 'replies' : 'requests';
    return [
      {
        hypothesis: 'reverse-path',
        node,
        what: `${assignments.map((name) => `${name}=1`).join(', ')}: it drops ${parcel} from ${source} that come in by ${device}, since its own way to ${source} is another`,
        show: { node, command: routeCommand(question, (segment) => nicName(scene, node, segment)) },
        mend: [{ node, command: `sysctl -w ${assignments.map((name) => `${name}=0`).join(' ')}` }],
        effect: losing(journeys, 'timeout'),
        counted: (said.counters.get('TcpExtIPReversePathFilter') ?? 0) > 0,
      },
    ];
  });

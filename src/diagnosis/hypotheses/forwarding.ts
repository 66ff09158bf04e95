import type { Cause } from '../cause.ts';
import type { Leg } from '../journey.ts';
import { forwardingOf, type Hypothesis, losing } from '../scene.ts';

/** A node that should pass packets on and does not (`ip_forward`, and `forwarding` of IPv6), or should not and does. */
export const forwarding: Hypothesis = (scene) =>
  scene.lab.nodes.flatMap(({ name, roles }): Cause[] => {
    const { name: parameter, on } = forwardingOf(scene, name);
    if (on === undefined) return [];
    const journeys = scene.journeys.filter(({ request, forwarded, reply }) =>
      [...request, forwarded, reply].some((leg) => isBetween(leg, name)),
    );
    const show = { node: name, command: `sysctl ${parameter}` };
    if (journeys.length > 0 && !on) {
      return [
        {
          hypothesis: 'forwarding',
          node: name,
          what: `${parameter}=0: it passes on no packet that is not its own`,
          show,
          mend: [{ node: name, command: `sysctl -w ${parameter}=1` }],
          effect: losing(journeys, 'timeout'),
        },
      ];
    }
    if (journeys.length === 0 && on && roles.includes('real-server') && !roles.includes('router')) {
      return [
        {
          hypothesis: 'forwarding',
          node: name,
          what: `${parameter}=1: were it to lose the VIP, it would send requests for it round in circles`,
          show,
          mend: [{ node: name, command: `sysctl -w ${parameter}=0` }],
          effect: {},
        },
      ];
    }
    return [];
  });

/** Whether packets come in to a node on a leg, and go out of it again. */
const isBetween = ({ stops }: Leg, name: string): boolean =>
  stops.some(({ node, from, out }) => node === name && from !== undefined && out !== undefined);

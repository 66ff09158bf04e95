import { GUE_PORT } from '../../capture/ip.ts';
import { tunnelDevice } from '../../lab/lab.ts';
import type { Cause } from '../cause.ts';
import type { Journey } from '../journey.ts';
import { type Hypothesis, losing, saidBy, spoke } from '../scene.ts';

/** The module that a device is of. */
const MODULES: Readonly<Record<string, string>> = { tunl0: 'ipip', gre0: 'ip_gre', ip6tnl0: 'ip6_tunnel' };

/** A real server without what unwraps requests: module, device, or the port of GUE. */
export const tunnels: Hypothesis = (scene) =>
  [...Map.groupBy(scene.journeys, ({ server, service }) => `${server.node} ${tunnelDevice(service)}`).values()].flatMap(
    (journeys): Cause[] => {
      const { server, service } = journeys[0] as Journey;
      const { node } = server;
      const name = tunnelDevice(service);
      const said = saidBy(scene, node);
      if (name === undefined || !spoke(said)) return [];
      const module = MODULES[name] ?? 'ipip';
      const device = said.devices.find((each) => each.name === name);
      const boot = { node, command: 'lab-node boot' };
      // The kernel answers what it cannot unwrap with ICMP port or protocol unreachable, which curl takes for a refusal. Those
      // of ICMPv6 do not get to the client.
      const common = {
        hypothesis: 'tunnels',
        node,
        effect: losing(journeys, name === 'ip6tnl0' ? 'timeout' : 'refused'),
      };
      if (!device && !said.modules.has(module)) {
        return [
          {
            ...common,
            what: `the module ${module} is not loaded, so there is no ${name} to unwrap requests`,
            show: { node, command: `ip -d link show ${name}` },
            mend: [boot],
          },
        ];
      }
      if (!device)
        return [
          {
            ...common,
            what: `there is no ${name} to unwrap requests`,
            show: { node, command: 'ip -d link' },
            mend: [boot],
          },
        ];
      if (!device.up) {
        return [
          {
            ...common,
            what: `${name}, which unwraps requests, is down`,
            show: { node, command: `ip link show ${name}` },
            // A device of IPv6 that goes down loses its addresses.
            mend: [name === 'ip6tnl0' ? boot : { node, command: `ip link set ${name} up` }],
          },
        ];
      }
      const gue = journeys.find((journey) => journey.service.tunType === 'gue');
      if (gue && !said.listeners.some((each) => each.protocol === 'udp' && each.port === GUE_PORT)) {
        return [
          {
            ...common,
            what: `nothing takes off the outer headers of GUE: no port ${GUE_PORT} in fou`,
            show: { node, command: 'ip fou show' },
            mend: [{ node, command: `ip fou add port ${GUE_PORT} gue` }],
            effect: losing(
              journeys.filter((journey) => journey.service.tunType === 'gue'),
              'refused',
            ),
          },
        ];
      }
      return [];
    },
  );

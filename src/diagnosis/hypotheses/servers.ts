import { FAMILIES, type FamilyFacts } from '../../images/families.ts';
import { endpointOf } from '../../lab/addresses.ts';
import { serverUnit } from '../../provision/server-unit.ts';
import type { Cause } from '../cause.ts';
import type { Journey } from '../journey.ts';
import { type Hypothesis, losing, saidBy, spoke } from '../scene.ts';
import type { NodeSnapshot } from '../snapshot.ts';

/** Server software that does not run, stands still, listens elsewhere, or has another page. */
export const servers: Hypothesis = (scene) =>
  [...Map.groupBy(scene.journeys, ({ server, service }) => `${server.node} ${service.name}`).values()].flatMap(
    (journeys): Cause[] => {
      const { server, service } = journeys[0] as Journey;
      const { node } = server;
      const said = saidBy(scene, node);
      if (!spoke(said)) return [];
      const { protocol, port: servicePort, vip, forward } = service;
      const [address, port] = forward === 'nat' ? [server.address, server.port] : [vip, servicePort];
      const unit = serverUnit(service, port, scene.family);
      const family = FAMILIES[scene.family];
      const common = {
        hypothesis: 'servers',
        node,
        show: { node, command: `ss -l${protocol === 'udp' ? 'u' : 't'}np` },
        effect: losing(journeys, protocol === 'udp' ? 'timeout' : 'refused'),
      };
      const there = said.listeners.filter((each) => each.protocol === protocol && each.port === port);
      if (there.length === 0) {
        const isUp =
          protocol === 'tcp' &&
          said.processes.some(({ program }) => program === family.webServers[service.webServer].program);
        return [
          {
            ...common,
            what: isUp
              ? `${unit} runs, and nothing listens on port ${port}, where requests come`
              : `nothing listens on ${endpointOf(address, port)}: ${unit} does not run`,
            mend: [{ node, command: isUp ? `bash /root/${node}.sh` : `systemctl restart ${unit}` }],
          },
        ];
      }
      if (!there.some((each) => each.address === '*' || each.address === address)) {
        const [listener] = there;
        return [
          {
            ...common,
            what: `${listener?.program || unit} listens on ${endpointOf(listener?.address ?? '', port)} only, and requests come for ${endpointOf(address, port)}`,
            mend: [{ node, command: `bash /root/${node}.sh` }],
          },
        ];
      }
      const programs = said.processes.filter(({ program }) => there.some((each) => each.program === program));
      const [first] = programs;
      if (first && programs.every(({ stopped }) => stopped)) {
        return [
          {
            ...common,
            what: `${first.program} stands still: its processes are stopped (T)`,
            show: { node, command: `ps -o stat,pid,args -C ${first.program}` },
            mend: [{ node, command: `pkill -CONT ${first.program}` }],
            effect: losing(journeys, 'timeout'),
          },
        ];
      }
      return protocol === 'tcp' ? pageOf(node, said, family, journeys) : [];
    },
  );

const pageOf = (node: string, { page }: NodeSnapshot, family: FamilyFacts, journeys: readonly Journey[]): Cause[] => {
  if (page === node) return [];
  return [
    {
      hypothesis: 'servers',
      node,
      what:
        page === undefined ? 'its web server has no page' : `its page says ${JSON.stringify(page)}, not its own name`,
      show: { node, command: `cat ${family.page}` },
      mend: [{ node, command: `bash /root/${node}.sh` }],
      effect: { lost: losing(journeys, 'timeout').lost ?? [] },
    },
  ];
};

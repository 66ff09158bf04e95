import { KEEPALIVED, RESTART_KEEPALIVED } from '../../ipvs/keepalived.ts';
import type { Cause } from '../cause.ts';
import { type Hypothesis, saidBy, spoke, sysctl } from '../scene.ts';

/** What else makes a director forward otherwise than its table says: old connections, and a keepalived that does not look. */
export const directors: Hypothesis = (scene) =>
  [...new Set(scene.lab.services.map(({ director }) => director))].flatMap((node): Cause[] => {
    const said = saidBy(scene, node);
    if (!spoke(said)) return [];
    const services = scene.lab.services.filter(({ director }) => director === node);
    const causes: Cause[] = [];
    const reuse = sysctl(said, 'vs.conn_reuse_mode');
    if (reuse !== undefined && reuse !== 2 && services.every(({ forward }) => forward !== 'nat')) {
      causes.push({
        hypothesis: 'directors',
        node,
        what: `net.ipv4.vs.conn_reuse_mode=${reuse}: a client that uses a port again within two minutes gets the real server of its old connection`,
        show: { node, command: 'sysctl net.ipv4.vs.conn_reuse_mode' },
        mend: [{ node, command: 'sysctl -w net.ipv4.vs.conn_reuse_mode=2' }],
        effect: { turns: true },
      });
    }
    const keepalived = said.processes.filter(({ program }) => program === KEEPALIVED);
    if (services.some(({ healthCheck }) => healthCheck) && !keepalived.some(({ stopped }) => !stopped)) {
      causes.push({
        hypothesis: 'directors',
        node,
        what:
          keepalived.length === 0
            ? 'keepalived does not run, so nobody asks whether real servers are well'
            : 'keepalived stands still (its processes are stopped), so nobody asks whether real servers are well',
        show: { node, command: `ps -o stat,pid,args -C ${KEEPALIVED}` },
        mend: [{ node, command: keepalived.length === 0 ? RESTART_KEEPALIVED : `pkill -CONT ${KEEPALIVED}` }],
        effect: { checks: ['failover'] },
      });
    }
    return causes;
  });

import { readFile } from 'node:fs/promises';
import { publicKeyOf } from '../../guest/keys.ts';
import { SshGuest } from '../../guest/ssh.ts';
import { LabError } from '../../support/errors.ts';
import type { Place } from '../provider.ts';
import { enrol } from './enrol.ts';
import { layout } from './layout.ts';
import { rebooted } from './reboot.ts';
import { stateOf } from './state.ts';

/**
 * A session to a machine as root, with its host key pinned, and how the machine is reached.
 * @param timeout milliseconds that a reboot may take
 * @throws LabError when the machine was not started.
 */
export const guestOf = async (place: Place, node: string, timeout: number) => {
  const reach = (await stateOf(place.dir)).reach[node];
  if (!reach) {
    throw new LabError({
      tried: `reach ${node}`,
      happened: 'its machine is not running',
      next: `start it: lab start ${place.name}`,
    });
  }
  const privateKey = await readFile(layout(place.dir).clientKey, 'utf8');
  const hostKey = await enrol(place.dir, node, reach, await publicKeyOf(privateKey, `lab ${place.name}`));
  const session = (loginBudget?: number): SshGuest =>
    new SshGuest({
      name: node,
      host: reach.host,
      port: reach.port,
      username: 'root',
      privateKey,
      hostKey,
      ...(loginBudget !== undefined && { loginBudget }),
      restarted: (reboot) => rebooted(session, reboot, timeout),
    });
  return { guest: session(), hostKey, reach };
};

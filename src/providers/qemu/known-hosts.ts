import { writeFileAtomic } from '../../support/atomic.ts';
import type { Place } from '../provider.ts';
import { layout } from './layout.ts';
import type { MachineRecord } from './state.ts';

/** known_hosts for a person's own ssh, with the host key that each machine was given. */
export const writeKnownHosts = async (place: Place, machines: Record<string, MachineRecord>): Promise<void> => {
  const lines = Object.values(machines).map(
    ({ sshPort, hostKey }) => `[127.0.0.1]:${sshPort} ${hostKey.split(' ').slice(0, 2).join(' ')}\n`,
  );
  await writeFileAtomic(layout(place.dir).knownHosts, lines.join(''), { mode: 0o600 });
};

import { join } from 'node:path';

/**
 * Where the provider keeps the things of an instance. Sockets lie in a short run directory of their own, since the
 * path of a Unix socket is limited to 107 bytes and a home directory may be deep.
 */
export const layout = (dir: string) => ({
  state: join(dir, 'qemu.json'),
  clientKey: join(dir, 'id_ed25519'),
  knownHosts: join(dir, 'known_hosts'),
  node: (node: string) => {
    const own = join(dir, 'nodes', node);
    return {
      dir: own,
      disk: join(own, 'disk.qcow2'),
      seed: join(own, 'seed.tar'),
      /** Directory of a cloud image's seed. */
      cloudSeed: join(own, 'seed'),
      console: join(own, 'console.log'),
      log: join(own, 'qemu.log'),
      capture: (segment: string) => join(own, `${segment}.pcap`),
    };
  },
});

export const runLayout = (runDir: string) => ({
  qmp: (node: string) => join(runDir, `${node}.qmp`),
  machinePid: (node: string) => join(runDir, `${node}.pid`),
  agent: (node: string) => join(runDir, `${node}.agent`),
  switch: (segment: string) => join(runDir, `${segment}.switch`),
  switchControl: (segment: string) => join(runDir, `${segment}.switch`, 'ctl'),
  switchPid: (segment: string) => join(runDir, `${segment}.switch.pid`),
});

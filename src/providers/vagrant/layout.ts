import { join } from 'node:path';

/** Where the provider keeps the things of an instance. */
export const layout = (dir: string) => {
  const folder = join(dir, 'vagrant');
  return {
    state: join(dir, 'vagrant.json'),
    clientKey: join(dir, 'id_rsa'),
    knownHosts: join(dir, 'known_hosts'),
    /** What `lab render` would write, and beside it what `lab` adds. */
    folder,
    overlay: join(folder, OVERLAY),
    /** Vagrant's record of the machines that it has made. */
    machines: join(folder, '.vagrant', 'machines'),
    /** The run of Vagrant that is going on. */
    running: join(dir, 'running.json'),
    node: (node: string) => {
      const own = join(dir, 'nodes', node);
      return { dir: own, console: join(own, 'console.log'), hostKey: join(own, 'host_key.pub') };
    },
  };
};

/** Name of the Vagrantfile that `lab` has Vagrant read: it loads the one beside it. */
export const OVERLAY = 'Vagrantfile.lab';

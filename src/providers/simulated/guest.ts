import type { Guest } from '../../guest/guest.ts';
import { LabError } from '../../support/errors.ts';
import type { SimulatedHost, SimulatedMachine } from './host.ts';

/** A session to a machine, as long as that runs: its commands are answered by the host's behaviour. */
export const simulatedGuest = (host: SimulatedHost, dir: string, node: string): Guest => {
  const machine = (): SimulatedMachine => {
    const found = host.machine(dir, node);
    if (found?.status === 'running') return found;
    throw new LabError({ tried: `run a command on ${node}`, happened: `its machine is ${found?.status ?? 'gone'}` });
  };
  const run: Guest['run'] = async (command, options = {}) => {
    await host.act({ what: 'run', instance: machine().instance, node, command }, options.signal);
    const result = {
      stdout: '',
      stderr: '',
      exitCode: 0,
      ...(await host.behaviour.answer?.(machine(), command, options)),
    };
    options.onStdout?.(Buffer.from(result.stdout));
    options.onStderr?.(Buffer.from(result.stderr));
    return result;
  };
  return {
    name: node,
    run,
    async must(command, options) {
      const result = await run(command, options);
      if (result.exitCode === 0) return result;
      throw new LabError({
        tried: `run ${command} on ${node}`,
        happened: `it ended with exit code ${result.exitCode}`,
      });
    },
    async write(path, content) {
      machine().disk.set(path, String(content));
    },
    async read(path) {
      return Buffer.from(machine().disk.get(path) ?? '');
    },
    async reboot() {
      await host.act({ what: 'reboot', instance: machine().instance, node });
      machine().memory.clear();
    },
    async close() {},
  };
};

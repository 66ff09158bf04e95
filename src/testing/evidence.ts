import type { Guest } from '../guest/guest.ts';
import type { RunningLab } from '../instances/running.ts';
import { CONNECTIONS, LIST } from '../ipvs/ipvsadm.ts';
import { messageOf } from '../support/errors.ts';

/** Milliseconds that a node may take to tell its state: a lab that failed may hold guests that do not answer. */
const BUDGET = 30_000;

/** What a person would look at first, each under its own heading. */
const COMMANDS = [
  'ip address',
  'ip route show table all',
  'ip rule',
  'ip neighbour',
  'ip -s link',
  LIST,
  `${LIST} --stats`,
  CONNECTIONS,
  "sysctl -a 2>/dev/null | grep -E '(arp_ignore|arp_announce|rp_filter|ip_forward|conf.all.forwarding|accept_local) =|^net.ipv4.vs'",
  'iptables-save',
  'arptables-save',
  'lsmod',
  'systemctl --failed --no-legend',
  'journalctl --no-pager --lines=200',
];

const SCRIPT = COMMANDS.map((command) => `echo ${JSON.stringify(`# ${command}`)}; ${command}; echo`).join('\n');

/** The state of every node that answers, as files of a bundle: `state/<node>.txt`. */
export const nodeStates = async (running: RunningLab): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      running.instance.definition.nodes.map(async ({ name }) => {
        const told = running.guest(name).then(stateOf);
        return [
          `state/${name}.txt`,
          await told.catch((error: unknown) => `it could not be asked: ${messageOf(error)}\n`),
        ];
      }),
    ),
  );

const stateOf = async (guest: Guest): Promise<string> => {
  const { stdout, stderr } = await guest.run(SCRIPT, { timeout: BUDGET });
  return stdout + stderr;
};

import type { MachineState, MachineStatus } from '../../guest/machine.ts';
import type { Node } from '../../lab/lab.ts';
import { isAlive } from '../../support/process-identity.ts';
import { usageOf } from '../../support/process-usage.ts';
import { runState } from './machine.ts';
import type { MachineRecord } from './state.ts';

/** How a node's machine fares, and what it uses. */
export const machineState = async (
  node: Node,
  runDir: string,
  record: MachineRecord | undefined,
): Promise<MachineState> => {
  if (!record?.process) return { node: node.name, status: 'stopped' };
  if (!(await isAlive(record.process))) return { node: node.name, status: 'crashed' };
  return {
    node: node.name,
    origin: record.origin,
    status: statusOf(await runState(runDir, node.name)),
    ...(await usageOf(record.process.pid)),
  };
};

/** QEMU's run states of a machine that stands still and can go on; the last two are those of one that is being saved. */
const PAUSED = ['paused', 'prelaunch', 'finish-migrate', 'postmigrate'];

const statusOf = (run: string | undefined): MachineStatus => {
  if (run === 'running') return 'running';
  return PAUSED.includes(run ?? '') ? 'paused' : 'crashed';
};

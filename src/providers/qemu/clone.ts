import type { Node } from '../../lab/lab.ts';
import type { Place } from '../provider.ts';
import { goldenFiles } from './golden.ts';
import { becomeNode } from './identity.ts';
import { runLayout } from './layout.ts';
import { startMachine } from './machine.ts';
import { loadDevices } from './migration.ts';
import { Qmp } from './qmp.ts';
import type { MachineRecord, QemuState } from './state.ts';

/**
 * Starts a node by resuming a clone of the golden machine: it maps the golden memory privately, page by page as it
 * touches it, and then becomes this node and no other.
 * @throws LabError when it does not wake; the node can still be booted.
 */
export const startClone = async (
  place: Place,
  node: Node,
  state: QemuState,
  golden: string,
  signal: AbortSignal,
): Promise<MachineRecord> => {
  const files = goldenFiles(golden);
  const record = await startMachine(place, node, state, signal, {
    memory: { file: files.memory, shared: false },
    spares: true,
    // A saved machine knows the one that it was saved with.
    seed: files.seed,
    incoming: true,
  });
  await using qmp = await Qmp.connect(runLayout(state.runDir).qmp(node.name));
  await loadDevices(qmp, files.devices, node.name, signal);
  await qmp.execute('cont');
  await becomeNode(place, node, state.runDir, 'golden', signal);
  return { ...record, origin: 'golden' };
};

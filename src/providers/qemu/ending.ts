import { rm } from 'node:fs/promises';
import { endProcess, findByMark, isAlive } from '../../support/process-identity.ts';
import type { Notify } from '../provider.ts';
import { runLayout } from './layout.ts';
import { processesOf } from './processes.ts';
import { Qmp } from './qmp.ts';
import { runDirOf } from './run-dir.ts';
import { type MachineRecord, readState } from './state.ts';

/** Milliseconds a guest has to shut down by itself before it loses its power. */
export const SHUTDOWN_GRACE = 30_000;

/** Asks the guest to shut down as its power button would, and takes its power away when the grace is over. */
export const shutDown = async (
  runDir: string,
  node: string,
  record: MachineRecord | undefined,
  notify: Notify,
  grace: number,
): Promise<void> => {
  const process = record?.process;
  if (grace === 0 || !process || !(await isAlive(process))) return;
  try {
    await using qmp = await Qmp.connect(runLayout(runDir).qmp(node), 5_000);
    // A paused guest cannot hear the button.
    await qmp.execute('cont');
    await qmp.execute('system_powerdown');
  } catch {
    // It cannot be asked, so it is ended with the rest.
    return;
  }
  const deadline = Date.now() + grace;
  while (await isAlive(process)) {
    if (Date.now() > deadline) return notify(`did not shut down within ${grace / 1000} s: powered off`, node);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  notify('shut down', node);
};

/** Ends every process of the instance and removes its sockets. Also where its state was never or only half written. */
export const endAll = async (dir: string, knownRunDir?: string): Promise<void> => {
  const state = await readState(dir).catch(() => undefined);
  const runDir = knownRunDir ?? state?.runDir ?? runDirOf(dir);
  const processes = await processesOf({ machines: {}, switches: {}, ...state, runDir });
  await Promise.all(processes.map((process) => endProcess(process, { grace: 2_000 })));
  await rm(runDir, { recursive: true, force: true });
};

/**
 * Ends one machine's process, by its pid file: also one whose start was never recorded.
 * @param grace milliseconds that QEMU has to put its disk in order
 */
export const endMachine = async (runDir: string, node: string, grace = 2_000): Promise<void> => {
  const pidFile = runLayout(runDir).machinePid(node);
  const found = (await findByMark(pidFile)).filter(({ argv }) => argv.includes(pidFile));
  await Promise.all(found.map(({ identity }) => endProcess(identity, { grace })));
};

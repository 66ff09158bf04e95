import { LabError } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import type { Qmp } from './qmp.ts';

/** Milliseconds that a machine's state may take to go out or to come in. */
const BUDGET = 60_000;

/** Bytes a second that QEMU may send; its default of 128 MiB/s is for networks that others use too. */
const BANDWIDTH = 2 ** 40;

/** Leaves out the memory, which lies in a file that whoever resumes the machine has too, or sends it along. */
const leaveOutMemory = (qmp: Qmp, state: boolean): Promise<unknown> =>
  qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state }] });

/** Saves all but the memory of a stopped machine, which is in its shared file already. */
export const saveDevices = async (qmp: Qmp, file: string, signal: AbortSignal): Promise<void> => {
  await leaveOutMemory(qmp, true);
  // A state holds keys: it is for its owner alone.
  await qmp.execute('migrate', { uri: `exec:umask 077; cat > ${shellQuote(file)}` });
  await migrationDone(qmp, 'save a machine', signal);
};

/** Loads what `saveDevices` saved into a machine that waits for it and has the memory already. */
export const loadDevices = async (qmp: Qmp, file: string, node: string, signal: AbortSignal): Promise<void> => {
  await leaveOutMemory(qmp, true);
  await qmp.execute('migrate-incoming', { uri: `exec:cat ${shellQuote(file)}` });
  await migrationDone(qmp, `resume ${node}`, signal);
};

/** Sends a stopped machine whole, memory and devices, to another QEMU that waits for it. */
export const sendMachine = async (
  from: Qmp,
  to: Qmp,
  socket: string,
  node: string,
  signal: AbortSignal,
): Promise<void> => {
  await leaveOutMemory(from, false);
  await from.execute('migrate-set-parameters', { 'max-bandwidth': BANDWIDTH });
  await to.execute('migrate-incoming', { uri: `unix:${socket}` });
  await from.execute('migrate', { uri: `unix:${socket}` });
  await migrationDone(from, `save ${node}`, signal);
  await migrationDone(to, `save ${node}`, signal);
};

/** Ends the sending of a machine that is still under way: at its end the machine would be stopped. */
export const stopSending = async (qmp: Qmp): Promise<void> => {
  await qmp.execute('migrate_cancel');
  const deadline = Date.now() + BUDGET;
  while (SENDING.includes((await statusOf(qmp)).status ?? '')) {
    if (Date.now() > deadline) throw new LabError({ tried: 'end the saving of a machine', happened: 'QEMU goes on' });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** States of a migration that QEMU still works on. */
const SENDING = ['setup', 'active', 'device', 'pre-switchover', 'cancelling'];

const statusOf = async (qmp: Qmp) => (await qmp.execute('query-migrate')) as { status?: string; 'error-desc'?: string };

/** Waits until a machine's state has gone out or come in. @throws LabError when it has not. */
const migrationDone = async (qmp: Qmp, tried: string, signal: AbortSignal): Promise<void> => {
  const deadline = Date.now() + BUDGET;
  for (;;) {
    signal.throwIfAborted();
    const { status, 'error-desc': reason } = await statusOf(qmp);
    if (status === 'completed') return;
    if (status === 'failed' || Date.now() > deadline) {
      throw new LabError({
        tried,
        happened: reason ?? `QEMU says it is ${status ?? 'nowhere'} after ${BUDGET / 1000} s`,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

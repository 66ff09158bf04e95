import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../../guest/guest.ts';

/** Milliseconds between two attempts. */
const PAUSE = 1_000;

/** What ssh2 calls errors of the connection itself: nobody is there yet, or does not listen yet. */
const NOBODY = ['client-socket', 'client-timeout'];

/** Its words where a forwarded port took the connection, and found nobody to hand it on to. */
const FORWARDED_TO_NOBODY = 'Connection lost before handshake';

/**
 * Logs in to a machine that may still boot: where nobody answers it tries again, as long as the machine runs.
 * @param isRunning asked after each attempt in vain
 * @param budget milliseconds
 * @throws LabError of the last attempt: when time is up, when the machine does not run, when somebody answers and does not let in.
 */
export const letIn = async (
  guest: Pick<Guest, 'must'>,
  isRunning: () => Promise<boolean>,
  budget: number,
  signal?: AbortSignal,
): Promise<void> => {
  const deadline = Date.now() + budget;
  for (;;) {
    try {
      await guest.must('true', { timeout: budget, ...(signal && { signal }) });
      return;
    } catch (error) {
      if (!isNobodyThere(error) || Date.now() >= deadline || !(await isRunning())) throw error;
    }
    await sleep(PAUSE, undefined, signal && { signal });
  }
};

const isNobodyThere = (error: unknown): boolean => {
  const { level, message } = ((error as Error).cause ?? {}) as { level?: string; message?: string };
  return (level !== undefined && NOBODY.includes(level)) || message === FORWARDED_TO_NOBODY;
};

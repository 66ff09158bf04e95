import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../../guest/guest.ts';
import { LabError, messageOf } from '../../support/errors.ts';

/** Milliseconds that one attempt to log in to a machine that boots may take, and between two. */
const ATTEMPT = 30_000;
const PAUSE = 1_000;

/** Of this boot of the running kernel. */
const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';

/**
 * Waits until all that starts at boot has started, or failed: sshd lets in before.
 * @param budget milliseconds
 */
export const bootFinished = async (guest: Guest, budget: number): Promise<void> => {
  // Each word is what systemd calls its state; degraded means that a unit failed, which is no reason to wait.
  await guest.must(
    'while case $(systemctl is-system-running) in initializing | starting) true ;; *) false ;; esac; do sleep 0.3; done',
    { timeout: budget },
  );
};

/** Has a machine reboot and waits until it has started anew. Only another boot id tells the new boot from the old. */
export const rebooted = async (
  session: (loginBudget: number) => Guest,
  reboot: () => Promise<void>,
  budget: number,
): Promise<void> => {
  const before = await using(session(ATTEMPT), async (guest) => (await guest.must(BOOT_ID)).stdout);
  await reboot();
  const deadline = Date.now() + budget;
  let refusal: unknown;
  while (Date.now() < deadline) {
    await sleep(PAUSE);
    try {
      const done = await using(session(ATTEMPT), async (guest) => {
        if ((await guest.must(BOOT_ID, { timeout: ATTEMPT })).stdout === before) return false;
        await bootFinished(guest, Math.max(1, deadline - Date.now()));
        return true;
      });
      if (done) return;
    } catch (error) {
      refusal = error;
    }
  }
  throw new LabError({
    tried: 'reboot a machine',
    happened: `it is not back within ${Math.round(budget / 1000)} s${refusal === undefined ? '' : `: ${messageOf(refusal)}`}`,
    next: 'see what it says with lab logs',
  });
};

const using = async <T>(guest: Guest, work: (guest: Guest) => Promise<T>): Promise<T> => {
  try {
    return await work(guest);
  } finally {
    await guest.close();
  }
};

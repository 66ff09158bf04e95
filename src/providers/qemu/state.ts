import { readFile } from 'node:fs/promises';
import type { GuestImage } from '../../images/guest-image.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError } from '../../support/errors.ts';
import type { ProcessIdentity } from '../../support/process-identity.ts';
import type { Accelerator } from './accelerator.ts';
import { layout } from './layout.ts';

/** What the provider knows of an instance, kept in its directory. */
export interface QemuState {
  image: GuestImage;
  accelerator: Accelerator;
  /** Directory of the golden machine that the instance's machines were cloned from. */
  golden?: string;
  /** Directory of the saved machines that the instance's machines begin as. */
  saved?: string;
  /** Short directory of the sockets and pid files; its path also marks the instance's processes. */
  runDir: string;
  machines: Record<string, MachineRecord>;
  switches: Record<string, ProcessIdentity>;
}

/** How a machine came to life: booted, resumed as a clone of the golden machine, or as it was saved with its lab. */
export type Origin = 'cold' | 'golden' | 'warm';

export interface MachineRecord {
  /** The only host key that is believed of it: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** The local port the user asked for, or 0 for a free one at each start. */
  wantedPort: number;
  /** The local port that leads to its SSH now. */
  sshPort?: number;
  /** Where in the console log its latest start begins, in bytes. */
  consoleOffset: number;
  origin: Origin;
  /** Whether its process has the NICs of a golden machine, used or not. */
  spares?: boolean;
  process?: ProcessIdentity;
}

/** The state of the instance in `dir`, or undefined where the provider has made nothing yet. */
export const readState = async (dir: string): Promise<QemuState | undefined> => {
  try {
    return JSON.parse(await readFile(layout(dir).state, 'utf8')) as QemuState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LabError({
      tried: 'read the state of an instance',
      happened: `${layout(dir).state}: ${error instanceof Error ? error.message : String(error)}`,
      next: 'remove the instance: lab down',
      cause: error,
    });
  }
};

/** Like `readState`, for an instance that must be there. */
export const stateOf = async (dir: string): Promise<QemuState> => {
  const state = await readState(dir);
  if (state) return state;
  throw new LabError({
    tried: 'find the machines of an instance',
    happened: `${dir} holds none: bringing it up did not get that far`,
    next: 'remove it and bring it up again: lab down, lab up',
  });
};

export const writeState = async (dir: string, state: QemuState): Promise<void> =>
  writeFileAtomic(layout(dir).state, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });

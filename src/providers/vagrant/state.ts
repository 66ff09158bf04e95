import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { layout } from './layout.ts';

/** What the provider knows of an instance, kept in its directory. */
export interface VagrantState {
  /** `kvm` or `qemu`, where that is a choice. */
  driver?: string;
  /** Names that its machines and networks have, or would have, on the host. */
  machines: Record<string, string>;
  networks: Record<string, string>;
  /** How each machine is reached, since its latest start. */
  reach: Record<string, Reach>;
}

/** What `vagrant ssh-config` says of a machine. */
export interface Reach {
  host: string;
  port: number;
  user: string;
  /** Private keys that may let in. */
  keys: string[];
}

/** The state of the instance in `dir`, or undefined where the provider has made nothing yet. */
export const readState = async (dir: string): Promise<VagrantState | undefined> => {
  try {
    return JSON.parse(await readFile(layout(dir).state, 'utf8')) as VagrantState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LabError({
      tried: 'read the state of an instance',
      happened: `${layout(dir).state}: ${messageOf(error)}`,
      next: 'remove the instance: lab down',
      cause: error,
    });
  }
};

/** Like `readState`, for an instance that must be there. */
export const stateOf = async (dir: string): Promise<VagrantState> => {
  const state = await readState(dir);
  if (state) return state;
  throw new LabError({
    tried: 'find the machines of an instance',
    happened: `${dir} holds none: bringing it up did not get that far`,
    next: 'remove it and bring it up again: lab down, lab up',
  });
};

export const writeState = (dir: string, state: VagrantState): Promise<void> =>
  writeFileAtomic(layout(dir).state, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });

import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../support/atomic.ts';
import { LabError, messageOf } from '../support/errors.ts';

/** The file in which a provider keeps what it knows of an instance. */
export interface StateFile<State> {
  /** The state of the instance in `dir`, or undefined where the provider has made nothing yet. */
  read(dir: string): Promise<State | undefined>;
  /** Like `read`, for an instance that must be there. */
  require(dir: string): Promise<State>;
  /** Writes it whole, for its owner alone. */
  write(dir: string, state: State): Promise<void>;
}

/** @param pathIn where it lies, for the directory of an instance */
export const stateFile = <State>(pathIn: (dir: string) => string): StateFile<State> => {
  const read = async (dir: string): Promise<State | undefined> => {
    try {
      return JSON.parse(await readFile(pathIn(dir), 'utf8')) as State;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new LabError({
        tried: 'read the state of an instance',
        happened: `${pathIn(dir)}: ${messageOf(error)}`,
        next: 'remove the instance: lab down',
        cause: error,
      });
    }
  };
  return {
    read,
    async require(dir) {
      const state = await read(dir);
      if (state) return state;
      throw new LabError({
        tried: 'find the machines of an instance',
        happened: `${dir} holds none: bringing it up did not get that far`,
        next: 'remove it and bring it up again: lab down, lab up',
      });
    },
    write: (dir, state) => writeFileAtomic(pathIn(dir), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 }),
  };
};

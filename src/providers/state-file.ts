import { LabError } from '../support/errors.ts';
import { type RecordKind, recordFile } from '../support/record-file.ts';

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
export const stateFile = <State extends object>(
  pathIn: (dir: string) => string,
  kind: RecordKind<State>,
): StateFile<State> => {
  const files = recordFile(kind);
  const read = (dir: string): Promise<State | undefined> =>
    files.read(pathIn(dir), { tried: 'read the state of an instance', next: 'remove the instance: lab down' });
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
    write: (dir, state) => files.write(pathIn(dir), state, { mode: 0o600 }),
  };
};

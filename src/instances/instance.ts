import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import type { Place } from '../providers/provider.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { stateDir } from '../support/paths.ts';
import type { ProcessIdentity } from '../support/process-identity.ts';

/** How far an instance's life has come. `creating` and `removing` outlive their process only when it was killed. */
export type Phase = 'creating' | 'up' | 'stopped' | 'removing';

/** What is kept of an instance beside its lab. */
export interface InstanceRecord {
  readonly name: string;
  readonly lab: string;
  readonly provider: string;
  readonly image: string;
  /** ISO 8601. */
  readonly created: string;
  readonly phase: Phase;
  /** The process that made it for its own use and takes it down again. */
  readonly owner?: ProcessIdentity;
  /** Directory of the saved state that `lab reset` puts it back to. */
  readonly state?: string;
}

export interface Instance extends InstanceRecord {
  readonly definition: Lab;
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/** @throws LabError, exit code 2, on a name that cannot be a directory and part of a host name at once. */
export const validInstanceName = (name: string): string => {
  if (NAME.test(name)) return name;
  throw new LabError({
    tried: 'name an instance',
    happened: `${JSON.stringify(name)} is not a valid name`,
    next: 'use at most 32 lower-case letters, digits and hyphens, with no hyphen at either end',
    exitCode: ExitCode.usage,
  });
};

export const instancesDir = (): string => join(stateDir(), 'instances');

/** Where the things of an instance lie. */
export const instanceLayout = (name: string) => {
  const dir = join(instancesDir(), name);
  return {
    dir,
    record: join(dir, 'instance.json'),
    lab: join(dir, 'lab.json'),
    script: (node: string) => join(dir, 'scripts', `${node}.sh`),
    provisionLog: (node: string) => join(dir, 'provision', `${node}.log`),
    faults: join(dir, 'faults.json'),
    machines: join(dir, 'machines'),
    // Beside the instance's directory, so that removing the one does not remove the other from under its holder.
    lock: join(stateDir(), 'locks', `${name}.lock`),
  };
};

/** What a provider needs to know of an instance. */
export const placeOf = (instance: Instance): Place => ({
  name: instance.name,
  dir: instanceLayout(instance.name).machines,
  lab: instance.definition,
});

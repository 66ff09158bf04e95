import { basename } from 'node:path';
import { findByMark, isAlive, type ProcessIdentity } from '../../support/process-identity.ts';
import type { QemuState } from './state.ts';

/** Programs that this provider starts; no other process is ever taken for one of its own. */
const PROGRAMS = /^(qemu-system-\w+|vde_switch)$/;

/**
 * Every live process of an instance: those recorded, and those that a killed `lab` started without living to record
 * them. The latter are known by the run directory in an argument of a program that this provider starts.
 */
export const processesOf = async (
  state: Pick<QemuState, 'runDir' | 'machines' | 'switches'>,
): Promise<ProcessIdentity[]> => {
  const recorded = [
    ...Object.values(state.machines).map((machine) => machine.process),
    ...Object.values(state.switches),
  ];
  const found = (await findByMark(`${state.runDir}/`)).filter(({ argv }) => PROGRAMS.test(basename(argv[0] ?? '')));
  const all = [...recorded.filter((identity) => identity !== undefined), ...found.map(({ identity }) => identity)];
  const unique = [...new Map(all.map((identity) => [identity.pid, identity])).values()];
  const alive = await Promise.all(unique.map(isAlive));
  return unique.filter((_, index) => alive[index]);
};

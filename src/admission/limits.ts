import { availableParallelism } from 'node:os';
import { ExitCode, LabError } from '../support/errors.ts';

/**
 * Virtual CPUs that come up at the same time, for each core of the host. Measured on two cores without KVM: eight labs
 * of one machine were up after 15 s with three at a time, 16 s with two, 20 s with four to eight and 25 s with one; two
 * labs of five machines took 35 s one after the other and 45 s at once, four of them 73 s and 132 s. With eight labs
 * (40 machines) at once, some of their kernels found no timer and panicked.
 */
const PER_CORE = 1.5;

/** Cores that this process may use. */
export const cores = (): number => availableParallelism();

/** Virtual CPUs that may come up at the same time: LAB_MAX_STARTING, else by the cores. @throws LabError, exit code 2. */
export const startingLimit = (): number => {
  const wanted = process.env.LAB_MAX_STARTING;
  if (wanted === undefined || wanted === '') return Math.ceil(cores() * PER_CORE);
  if (/^[1-9]\d{0,5}$/.test(wanted)) return Number(wanted);
  throw new LabError({
    tried: `read LAB_MAX_STARTING=${wanted}`,
    happened: 'it is no number of machines',
    next: 'set it to a whole number from 1, or leave it out',
    exitCode: ExitCode.usage,
  });
};

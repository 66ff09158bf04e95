import { setTimeout as pause } from 'node:timers/promises';
import type { FaultAccess } from '../../faults/fault.ts';
import { applyFault, describeFault, type Fault, inOrderOfUndoing, sameTarget, undoFault } from '../../faults/faults.ts';
import type { Providers } from '../../providers/registry.ts';
import { ExitCode, LabError, messageOf } from '../../support/errors.ts';
import type { Show } from '../../support/step.ts';
import { exclusively } from '../exclusive.ts';
import type { Instance } from '../instance.ts';
import { restSteps } from '../life/rest.ts';
import { RunningLab } from '../running.ts';
import { completeInstance } from '../store.ts';
import { type FaultRecord, faultRecords, writeFaultRecords } from './fault-records.ts';

/**
 * Makes a fault in a running instance. It is on record before it is made, so that it can be undone after any end of
 * this process. The measure of one that is there already is changed.
 * @throws LabError, exit code 4, where the provider cannot make it; the instance is as it was.
 */
export const makeFault = async (
  providers: Providers,
  name: string,
  fault: Fault,
  show: Show,
  signal: AbortSignal,
): Promise<FaultRecord> =>
  exclusively(name, `make a fault in ${name}`, async () => {
    const instance = await completeInstance(name);
    if (instance.phase !== 'up')
      throw new LabError({
        tried: `make a fault in ${name}`,
        happened: 'it is stopped',
        next: `start it: lab start ${name}`,
      });
    const records = await faultRecords(name);
    const known = records.find((record) => sameTarget(record.fault, fault));
    const number = known?.number ?? 1 + Math.max(0, ...records.map((record) => record.number));
    const made: FaultRecord = { number, since: new Date().toISOString(), fault };
    await using running = new RunningLab(providers, instance, signal);
    const access = accessOf(instance, running);
    await writeFaultRecords(name, [...records.filter((record) => record !== known), made]);
    await show.step(
      `Make fault ${number}`,
      async () => {
        try {
          await applyFault(access, fault);
        } catch (error) {
          // Half of it may be there. Where even that cannot be undone, it stays on record.
          if (!known && (await undone(access, fault))) await writeFaultRecords(name, records);
          throw error;
        }
      },
      { remark: () => describeFault(fault), interruptible: false },
    );
    return made;
  });

/**
 * Undoes faults of an instance; all that are on record where no numbers are given. One that cannot be undone is left on
 * record, and the others are undone all the same.
 */
export const heal = (
  providers: Providers,
  name: string,
  numbers: readonly number[] | undefined,
  show: Show,
  signal: AbortSignal,
): Promise<void> => undo(providers, name, (records) => chosenOf(name, records, numbers), show, signal);

/** Undoes a fault, also one that is not on record: a person may have made it by hand. */
export const undoFaultOf = (
  providers: Providers,
  name: string,
  fault: Fault,
  show: Show,
  signal: AbortSignal,
): Promise<void> =>
  undo(
    providers,
    name,
    (records) => {
      const known = records.filter((record) => sameTarget(record.fault, fault));
      return known.length > 0 ? known : [{ number: 0, since: new Date().toISOString(), fault }];
    },
    show,
    signal,
  );

const undo = async (
  providers: Providers,
  name: string,
  choose: (records: readonly FaultRecord[]) => FaultRecord[],
  show: Show,
  signal: AbortSignal,
): Promise<void> =>
  exclusively(name, `heal ${name}`, async () => {
    const instance = await completeInstance(name);
    // No fault outlives the power of all machines.
    if (instance.phase === 'stopped') return writeFaultRecords(name, []);
    const chosen = inOrderOfUndoing(choose(await faultRecords(name)));
    await using running = new RunningLab(providers, instance, signal);
    const access = accessOf(instance, running);
    const failures = await show.steps(
      chosen.map((record) => ({
        title: `Undo: ${describeFault(record.fault)}`,
        run: async () => {
          try {
            await undoFault(access, record.fault);
          } catch (error) {
            return [`${describeFault(record.fault)}: ${messageOf(error)}`];
          }
          await forget(name, record);
          return [];
        },
        remark: (failure: string[]) => (failure.length > 0 ? 'not undone' : undefined),
      })),
      { interruptible: false },
    );
    if (failures.flat().length > 0)
      throw new LabError({
        tried: `heal ${name}`,
        happened: failures.flat().join('\n'),
        next: `try again: lab heal ${name}; or put all of it back: lab reset ${name}`,
      });
    // With another fault it may never come to rest.
    if ((await faultRecords(name)).length === 0) await show.steps(restSteps(running));
  });

/** Lets a fault last so many milliseconds, or until the signal comes, and undoes it then. */
export const undoAfter = async (
  providers: Providers,
  name: string,
  { number }: FaultRecord,
  duration: number,
  show: Show,
  signal: AbortSignal,
): Promise<void> => {
  await pause(duration, undefined, { signal }).catch(() => undefined);
  // Others may have undone it meanwhile.
  if ((await faultRecords(name)).some((record) => record.number === number))
    await heal(providers, name, [number], show, new AbortController().signal);
  signal.throwIfAborted();
};

const chosenOf = (
  name: string,
  records: readonly FaultRecord[],
  numbers: readonly number[] | undefined,
): FaultRecord[] =>
  (numbers ?? records.map(({ number }) => number)).map((number) => {
    const record = records.find((each) => each.number === number);
    if (record) return record;
    throw new LabError({
      tried: `undo fault ${number} of ${name}`,
      happened: records.length === 0 ? 'it has none' : `it has only ${records.map((each) => each.number).join(', ')}`,
      next: `see them: lab fault ${name}`,
      exitCode: ExitCode.usage,
    });
  });

const forget = async (name: string, { number }: FaultRecord): Promise<void> =>
  writeFaultRecords(
    name,
    (await faultRecords(name)).filter((record) => record.number !== number),
  );

const undone = (access: FaultAccess, fault: Fault): Promise<boolean> =>
  undoFault(access, fault).then(
    () => true,
    () => false,
  );

const accessOf = (instance: Instance, running: RunningLab): FaultAccess => {
  const { provider, place } = running;
  return {
    lab: instance.definition,
    async guest(node) {
      const state = (await provider.states(place)).find((each) => each.node === node);
      if (state?.status === 'running') return running.guest(node);
      throw new LabError({
        tried: `reach ${node}`,
        happened: `its machine is ${state?.status ?? 'stopped'}`,
        next: `undo what stopped it: lab heal ${instance.name}`,
      });
    },
    machine: (node) => running.machine(node),
  };
};

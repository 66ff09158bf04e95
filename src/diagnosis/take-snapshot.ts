import type { Guest } from '../guest/guest.ts';
import type { MachineState } from '../guest/machine.ts';
import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { messageOf } from '../support/errors.ts';
import { parseSnapshot } from './parse.ts';
import { type Detail, snapshotScript } from './script.ts';
import { type LabSnapshot, NOTHING, type NodeSnapshot } from './snapshot.ts';

/** Milliseconds that a node may take to tell its state: on a busy host an emulated one may take a minute. */
const BUDGET = 120_000;

/** The ways to a lab of which some machines may not run. */
export interface Patient {
  readonly lab: Lab;
  /** Of the guests. */
  readonly family: Family;
  readonly states: readonly MachineState[];
  guest(node: string): Promise<Guest>;
  readonly signal?: AbortSignal;
}

/** Has every node that runs tell of itself, all at once, by one command each. */
export const takeSnapshot = async (patient: Patient, detail: Detail = 'diagnosis'): Promise<LabSnapshot> =>
  new Map(
    await Promise.all(patient.lab.nodes.map(async ({ name }) => [name, await ask(patient, name, detail)] as const)),
  );

const ask = async (
  { lab, family, states, guest, signal }: Patient,
  node: string,
  detail: Detail,
): Promise<NodeSnapshot> => {
  const status = states.find((state) => state.node === node)?.status ?? 'stopped';
  if (status !== 'running') return { ...NOTHING, node, status };
  try {
    const machine = await guest(node);
    const { stdout } = await machine.run(snapshotScript(lab, node, family, detail), {
      timeout: BUDGET,
      ...(signal && { signal }),
    });
    return parseSnapshot(node, status, stdout);
  } catch (error) {
    signal?.throwIfAborted();
    return { ...NOTHING, node, status, silent: messageOf(error) };
  }
};

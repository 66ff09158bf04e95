import type { Detail } from '../diagnosis/script.ts';
import type { LabSnapshot, NodeSnapshot } from '../diagnosis/snapshot.ts';
import { takeSnapshot } from '../diagnosis/take-snapshot.ts';
import type { MachineState } from '../guest/machine.ts';
import type { RunningLab } from '../instances/running.ts';

/** Asks every node of a lab that runs, each once. */
export const snapshotOf = async (running: RunningLab, detail: Detail, signal: AbortSignal): Promise<LabSnapshot> =>
  ask(running, await running.provider.states(running.place), detail, signal);

/** Asks every node of a lab for a bundle, each once; those of which nobody can say whether they run, too. */
export const snapshotAnyhow = async (running: RunningLab): Promise<LabSnapshot> => {
  const unknown = running.instance.definition.nodes.map(
    ({ name }): MachineState => ({ node: name, status: 'running' }),
  );
  return ask(running, await running.provider.states(running.place).catch(() => unknown), 'whole');
};

const ask = (
  running: RunningLab,
  states: readonly MachineState[],
  detail: Detail,
  signal?: AbortSignal,
): Promise<LabSnapshot> =>
  takeSnapshot(
    {
      lab: running.instance.definition,
      family: running.provider.family(running.instance.image),
      states,
      guest: (node) => running.guest(node),
      ...(signal && { signal }),
    },
    detail,
  );

/** The state of every node for a person, as files of a bundle: `state/<node>.txt`. */
export const stateFiles = (snapshot: LabSnapshot): Record<string, string> =>
  filesOf('state', snapshot, ({ state, silent, status }) => {
    return state ?? `it could not be asked: ${silent ?? `its machine is ${status}`}\n`;
  });

/** What a diagnosis rests on, as files of a bundle: `diagnosis/<node>.txt`. */
export const diagnosisFiles = (snapshot: LabSnapshot): Record<string, string> =>
  filesOf('diagnosis', snapshot, ({ silent, raw }) => silent ?? raw);

const filesOf = (folder: string, snapshot: LabSnapshot, textOf: (said: NodeSnapshot) => string) =>
  Object.fromEntries([...snapshot.values()].map((said) => [`${folder}/${said.node}.txt`, textOf(said)]));

import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import type { Burst } from '../traffic/observation.ts';
import type { Verdict } from '../verdicts/verdict.ts';
import { asItStands } from './active-director.ts';
import type { Cause } from './cause.ts';
import { hypothesesOn, notLookedAt } from './hypotheses.ts';
import { explains, isQuiet, rank } from './rank.ts';
import { sceneOf } from './scene.ts';
import type { LabSnapshot } from './snapshot.ts';
import { type Symptom, symptomOf } from './symptom.ts';

/** What is wrong with a lab, and why. */
export interface Diagnosis {
  readonly healthy: boolean;
  readonly symptom: Symptom;
  /** What explains it, the likeliest first. */
  readonly causes: readonly Cause[];
  /** What is not as the lab file has it, and explains nothing of what was seen. */
  readonly asides: readonly Cause[];
  /** What may be wrong and was not looked at, where there is such. */
  readonly unseen?: string;
}

/** Judges every hypothesis on what was seen of a lab: a function of its arguments. */
export const diagnosisOf = (
  lab: Lab,
  family: Family,
  snapshot: LabSnapshot,
  seen: { readonly bursts: readonly Burst[]; readonly verdicts: readonly Pick<Verdict, 'check' | 'status'>[] },
): Diagnosis => {
  const scene = sceneOf(asItStands(lab, snapshot), family, snapshot);
  const symptom = symptomOf(seen.bursts, seen.verdicts);
  const causes = rank(
    hypothesesOn(lab).flatMap((judge) => judge(scene)),
    symptom,
  );
  const explaining = causes.filter((cause) => explains(cause, symptom));
  const unseen = notLookedAt(lab);
  return {
    healthy: isQuiet(symptom) && explaining.length === 0,
    symptom,
    causes: explaining,
    asides: causes.filter((cause) => !explaining.includes(cause)),
    ...(unseen !== undefined && { unseen }),
  };
};

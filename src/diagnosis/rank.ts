import type { Cause } from './cause.ts';
import { type Symptom, TURN_CHECKS } from './symptom.ts';

/** The causes, those first that explain best what was seen; of equals, in the order of the hypotheses. */
export const rank = (causes: readonly Cause[], symptom: Symptom): Cause[] =>
  causes
    .map((cause) => ({ cause, score: scoreOf(cause, symptom) }))
    .sort((one, other) => other.score - one.score)
    .map(({ cause }) => cause);

/** Whether a cause explains something of what was seen, or breaks a promise on its own. */
export const explains = (cause: Cause, symptom: Symptom): boolean =>
  scoreOf(cause, symptom) >= EXPLAINS || (isQuiet(symptom) && !cause.doubtful && Object.keys(cause.effect).length > 0);

const EXPLAINS = 2;

/** Nothing is wrong as far as was seen. */
export const isQuiet = ({ lost, sometimes, red }: Symptom): boolean =>
  lost.length === 0 && !sometimes && red.length === 0;

/**
 * How well a cause explains a symptom, from 0. Requests that fail weigh most, then who answers, then what checks see on
 * the wire; what a counter says has happened is a little likelier than what could.
 */
export const scoreOf = ({ effect, counted, doubtful }: Cause, symptom: Symptom): number => {
  const { lost = [], how, sometimes = false, turns = false, checks = [] } = effect;
  const extra = counted ? 0.5 : doubtful ? -1 : 0;
  if (symptom.lost.length > 0) {
    const fit = fitOf(lost, symptom.lost);
    if (fit === 0) return turns || checks.some((check) => symptom.red.includes(check)) ? 0.5 : 0;
    const manner = how === undefined || symptom.how === undefined ? 0 : how === symptom.how ? 1 : -1;
    return fit + manner + extra;
  }
  if (symptom.sometimes) return sometimes ? 4 + extra : lost.length > 0 ? 2 + extra : 0;
  const red = checks.filter((check) => symptom.red.includes(check)).length / Math.max(1, symptom.red.length);
  const isUneven = symptom.red.some((check) => TURN_CHECKS.includes(check));
  if (isUneven) return (turns ? 4 : 0) + red + (turns ? extra : 0);
  if (symptom.red.length > 0) return red > 0 ? 3 + red + extra : 0;
  return Object.keys(effect).length > 0 ? 1 + extra : 0;
};

/** How well the servers that a cause silences are those that were silent. */
const fitOf = (caused: readonly string[], seen: readonly string[]): number => {
  const both = caused.filter((server) => seen.includes(server)).length;
  if (both === 0) return 0;
  if (both === caused.length && both === seen.length) return 4;
  // Part of what is wrong, or more than that: neither is the whole of it.
  return both === caused.length ? 2.5 : 1.5;
};

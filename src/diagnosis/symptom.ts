import { failureOf, serverOf } from '../traffic/answers.ts';
import type { Failure } from '../traffic/failure.ts';
import type { Burst } from '../traffic/observation.ts';
import type { Verdict } from '../verdicts/verdict.ts';
import type { Effect } from './cause.ts';

/** What is wrong with a lab as its clients see it. */
export interface Symptom {
  /** Real servers that should have answered and never did, where requests failed. */
  readonly lost: readonly string[];
  readonly how?: NonNullable<Effect['how']>;
  /** Whether requests failed, though every real server answered some. */
  readonly sometimes: boolean;
  /** Names of the checks that failed, without the service. */
  readonly red: readonly string[];
  /** One line for a person on each thing that is wrong. */
  readonly lines: readonly string[];
}

/** Checks that look at who answers, not at whether. */
export const TURN_CHECKS = ['rotation', 'share', 'sticky', 'spread'];

export const symptomOf = (
  bursts: readonly Burst[],
  verdicts: readonly Pick<Verdict, 'check' | 'status'>[],
): Symptom => {
  const failing = bursts.filter((burst) => failuresOf(burst).length > 0);
  const lost = [...new Set(failing.flatMap(silentIn))];
  const failures = failing.flatMap(failuresOf);
  const refused = failures.filter(({ kind }) => kind === 'refused' || kind === 'unreachable').length;
  const timeouts = failures.filter(({ kind }) => kind === 'timeout').length;
  return {
    lost,
    ...(refused + timeouts > 0 && { how: refused > timeouts ? ('refused' as const) : ('timeout' as const) }),
    sometimes: failing.length > 0 && lost.length === 0,
    red: [
      ...new Set(verdicts.filter(({ status }) => status === 'fail').map(({ check }) => check.split('/')[0] ?? check)),
    ],
    lines: failing.map(describe),
  };
};

const failuresOf = (burst: Burst): Failure[] => burst.requests.flatMap((request) => failureOf(burst, request) ?? []);

/** Those that had a chance: with a weight, and requests enough for each to have a turn. */
const silentIn = (burst: Burst): string[] => {
  const answered = new Set(burst.requests.map((request) => serverOf(burst, request)?.node));
  return burst.service.realServers
    .filter(({ node, weight }) => weight > 0 && !answered.has(node))
    .map(({ node }) => node);
};

const describe = (burst: Burst): string => {
  const failures = failuresOf(burst);
  const silent = silentIn(burst);
  const who =
    silent.length > 0 && silent.length < burst.service.realServers.length
      ? `; ${silent.join(', ')} never answered`
      : '';
  return `${burst.client} asked ${burst.service.name}: ${failures.length} of ${burst.requests.length} requests failed (${failures[0]?.words})${who}`;
};

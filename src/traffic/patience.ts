import type { Request } from './observation.ts';

/** A service that is dead is known to be after some failures; one that fails now and then is followed for seconds. */
export const FAILURES_IN_A_ROW = 3;
export const FAILING_SECONDS = 45;

/** Why no more requests are worth making: all of late failed, or those that failed took more than `patience` seconds. */
export const whyHopeless = (requests: readonly Request[], patience: number): string | undefined => {
  const sinceAnswer = requests.length - 1 - requests.findLastIndex(({ failure }) => failure === undefined);
  if (sinceAnswer >= FAILURES_IN_A_ROW) return `${sinceAnswer} requests in a row failed`;
  const failing = requests.reduce((sum, { failure, seconds }) => (failure === undefined ? sum : sum + seconds), 0);
  return failing > patience ? `failed requests took ${Math.round(failing)} s` : undefined;
};

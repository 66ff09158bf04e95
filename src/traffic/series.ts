import type { Evidence } from '../verdicts/verdict.ts';
import { serverOf, whyUnanswered } from './answers.ts';
import type { Burst, Request } from './observation.ts';

/** A request of a series: when it began and ended, in seconds since the series did. */
export interface Timed {
  readonly began: number;
  readonly ended: number;
  readonly answer?: string | undefined;
  readonly why?: string | undefined;
}

/** Makes one request of a series. @param ask a burst of one. @param now seconds since the series began. */
export const askOnce = async (ask: () => Promise<Burst>, now: () => number): Promise<Timed> => {
  const began = now();
  const burst = await ask();
  const request = burst.requests[0] as Request;
  return { began, ended: now(), answer: serverOf(burst, request)?.node, why: whyUnanswered(burst, request) };
};

/** The requests of a series as a table. */
export const series = (title: string, requests: readonly Timed[]): Evidence => ({
  title,
  columns: ['began at', 'ended at', 'answer'],
  rows: requests.map(({ began, ended, answer, why }) => [began.toFixed(1), ended.toFixed(1), answer ?? why ?? '']),
});

import type { Lab } from '../lab/lab.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import { journeyEvidence } from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome } from '../verdicts/verdict.ts';

/**
 * What is wrong with a burst by the packets of its requests: the first problem that `problemOf` has with one, with the way
 * of that request; else the requests that were not answered. Undefined when nothing is.
 */
export const requestProblem = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  problemOf: (request: Request) => string | undefined,
): Outcome | undefined => {
  for (const request of burst.requests) {
    const problem = problemOf(request);
    if (problem) return fail(`request ${request.number}: ${problem}`, journeyEvidence(lab, burst, sightings, request));
  }
  const unanswered = summarizeUnanswered(burst);
  return unanswered ? fail(unanswered, answerEvidence(burst), ...unansweredJourney(lab, burst, sightings)) : undefined;
};

/** The way of the first request that was not answered, which shows where it was lost. */
export const unansweredJourney = (lab: Lab, burst: Burst, sightings: readonly Sighting[]): Evidence[] =>
  burst.requests
    .filter((request) => !serverOf(burst, request))
    .slice(0, 1)
    .map((request) => journeyEvidence(lab, burst, sightings, request));

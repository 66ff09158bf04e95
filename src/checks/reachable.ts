import { z } from 'zod';
import { answerersOf } from '../lab/lab.ts';
import { answerEvidence, answererOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { fail, pass } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount.optional().describe('Requests per client and service; twice the real servers if not given.'),
  ...scopeOptions,
});

/**
 * Every request of every client is answered, with HTTP 200, by a real server of the service.
 *
 * Broken by whatever stops packets on the way there or back: a tunnel that is down, a reverse-path filter, a VIP that
 * nobody answers for, a web server that is not running. Says nothing of which server answers.
 */
export const reachable: Check<z.infer<typeof options>> = {
  name: 'reachable',
  summary: 'every request is answered by a real server of the service',
  options,
  requests: ({ requests }, service) => requests ?? 2 * answerersOf(service).length,
  run: async (context, scope) => judgeBursts(context, scope, judgeReachable),
};

export const judgeReachable = (burst: Burst) => {
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  const servers = new Set(burst.requests.map((request) => answererOf(burst, request)));
  return pass(`${burst.requests.length} requests answered by ${[...servers].sort().join(', ')}`, answerEvidence(burst));
};

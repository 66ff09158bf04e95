import { z } from 'zod';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount
    .optional()
    .describe('Requests per client and service; three times the real servers if not given.'),
  ...scopeOptions,
});

/**
 * One real server answers all requests of a client: schedulers that hash the client's address or the VIP (sh, dh, mh)
 * or prefer one server as long as it is there (fo, ovf), and datagrams from one socket without one-packet scheduling.
 *
 * Broken by a scheduler that takes turns, and by schedulers that hash the port too.
 */
export const sticky: Check<z.infer<typeof options>> = {
  name: 'sticky',
  summary: 'one real server answers all requests of a client',
  options,
  requests: ({ requests }, service) => requests ?? 3 * service.realServers.length,
  run: async (context, scope) => judgeBursts(context, scope, judgeSticky),
};

export const judgeSticky = (burst: Burst): Outcome => {
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  const answers = burst.requests.map((request) => serverOf(burst, request)?.node as string);
  const [first] = answers;
  const other = answers.findIndex((answer) => answer !== first);
  return other < 0
    ? pass(`${answers.length} requests of ${burst.client} answered by ${first}`, answerEvidence(burst))
    : fail(`request 1 was answered by ${first}, and request ${other + 1} by ${answers[other]}`, answerEvidence(burst));
};

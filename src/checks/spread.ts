import { z } from 'zod';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  servers: z.int().min(2).default(2).describe('How many different real servers must answer.'),
  requests: requestCount
    .optional()
    .describe('Requests per client and service; eight times the real servers if not given.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * Several real servers answer the requests of one client, in whatever shares: schedulers that hash the client's port too
 * (`sched-flags: [sh-port]` or `[mh-port]`). With the default of eight requests a server, chance alone leaves all to one
 * of two servers once in 32,768 runs.
 *
 * Broken by a scheduler that hashes the address only, and by persistence.
 */
export const spread: Check<Options> = {
  name: 'spread',
  summary: 'several real servers answer the requests of one client',
  options,
  requests: ({ requests }, service) => requests ?? 8 * service.realServers.length,
  run: async (context, given) => judgeBursts(context, given, (burst) => judgeSpread(burst, given)),
};

export const judgeSpread = (burst: Burst, { servers }: Pick<Options, 'servers'>): Outcome => {
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  const answers = burst.requests.map((request) => serverOf(burst, request)?.node as string);
  const counts = [...Map.groupBy(answers, (answer) => answer)].map(([node, { length }]) => `${node} ${length}`).sort();
  const told = `of ${answers.length} requests: ${counts.join(', ')}`;
  return counts.length >= servers
    ? pass(told, answerEvidence(burst))
    : fail(`fewer than ${servers} real servers answered; ${told}`, answerEvidence(burst));
};

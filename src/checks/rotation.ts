import { z } from 'zod';
import { answerersOf } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst, Request } from '../traffic/observation.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeTiers, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount
    .default(10)
    .describe('Requests per client and service, each over its own connection; never fewer than two turns.'),
  ...scopeOptions,
});

/**
 * The real servers answer strictly in turn, as the scheduler rr has them: whichever begins, each answers once before
 * any answers again, and the order of the first turn is kept. A server of weight 0 has no turn. Of several tiers of
 * directors, each takes turns with its own.
 *
 * Broken by another scheduler, by persistence, by a second machine that answers for the VIP, by a server that is
 * missing from the director's table.
 */
export const rotation: Check<z.infer<typeof options>> = {
  name: 'rotation',
  summary: 'the real servers answer strictly in turn',
  options,
  // One turn shows an order, only a second one shows that it is kept.
  requests: ({ requests }, service) => Math.max(requests, 2 * answerersOf(service).length),
  run: async (context, scope) => judgeTiers(context, scope, judgeRotation),
};

export const judgeRotation = (burst: Burst): Outcome => {
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  if (!burst.service.ops) refuseSharedPorts(burst);
  const members = burst.service.realServers.filter(({ weight }) => weight > 0).map(({ node }) => node);
  const answers = burst.requests.map((request) => serverOf(burst, request)?.node as string);
  const deviation = firstDeviation(answers, members);
  if (deviation) return fail(deviation, answerEvidence(burst));
  const turn = answers.slice(0, members.length).join(' ');
  return pass(`${answers.length} requests answered in turn: ${turn}, and again`, answerEvidence(burst));
};

const firstDeviation = (answers: readonly string[], members: readonly string[]): string | undefined => {
  for (const [index, answer] of answers.entries()) {
    const request = `request ${index + 1} was answered by ${answer}`;
    if (!members.includes(answer)) return `${request}, whose weight is 0`;
    const expected = answers[index - members.length];
    if (expected !== undefined && answer !== expected) return `${request}, and it was the turn of ${expected}`;
    const before = answers.slice(0, Math.min(index, members.length)).indexOf(answer);
    if (expected === undefined && before >= 0) {
      const waiting = members.filter((member) => !answers.slice(0, index).includes(member)).join(', ');
      return `${request} again, as was request ${before + 1}, before the turn of ${waiting}`;
    }
  }
  if (answers.length >= 2 * members.length) return undefined;
  return `${answers.length} requests are fewer than two turns of ${members.length} servers`;
};

/** IPVS takes packets from a client's port that it knows for an old connection, and sends them where that went. */
const refuseSharedPorts = (burst: Burst) => {
  const seen = new Map<number | undefined, Request>();
  for (const request of burst.requests) {
    const other = seen.get(request.port);
    if (other) {
      throw new LabError({
        tried: `see the rotation of ${burst.service.name}`,
        happened: `requests ${other.number} and ${request.number} came from the same port ${request.port} of ${burst.client}, so they are not two connections`,
        next: 'run the check again',
      });
    }
    seen.set(request.port, request);
  }
};

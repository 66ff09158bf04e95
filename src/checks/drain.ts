import { z } from 'zod';
import { setServer } from '../ipvs/ipvsadm.ts';
import type { RealServer, Service } from '../lab/lab.ts';
import { counted } from '../support/words.ts';
import { requestAgain } from '../traffic/again.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import { type Held, heldEvidence, heldProblem, holdConnections, whyUnborn } from '../traffic/held.ts';
import type { Burst } from '../traffic/observation.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, realServerOf, scopeOptions } from './judge.ts';

const options = z.strictObject({
  server: z.string().optional().describe('The real server to drain; the first of the service if not given.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * A real server can be taken out without anybody noticing: its weight is set to 0 while clients hold connections to it;
 * these go on, new ones go elsewhere, and none is refused. The weight is put back after it. For TCP.
 *
 * Broken by a director that expires connections of such servers (expire_quiescent_template with persistence,
 * expire_nodest_conn with a server that is deleted), by schedulers that refuse instead of choosing another, and by a
 * single real server.
 */
export const drain: Check<Options> = {
  name: 'drain',
  summary: 'a real server of weight 0 finishes its connections and gets no new ones',
  options,
  disturbs: true,
  nodes: ({ server }) => (server === undefined ? [] : [server]),
  run: (context, given) => judgePairs(context, given, (client, service) => drainOne(context, client, service, given)),
};

const drainOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { server: wanted }: Options,
): Promise<Outcome> => {
  const server = realServerOf(service, wanted, `drain ${wanted}`);
  const count = 2 * service.realServers.length;
  const held = await holdConnections(context, client, service, count);
  const unborn = await whyUnborn(held);
  if (unborn) return unborn;
  let burst: Burst | undefined;
  try {
    await setWeight(context, service, server, 0);
    burst = await requestAgain(context, client, service, count);
  } finally {
    await setWeight(context, service, server, server.weight);
  }
  return judgeDrain(server.node, await held.again(), burst);
};

const setWeight = async (
  context: CheckContext,
  service: Service,
  server: RealServer,
  weight: number,
): Promise<void> => {
  const guest = await context.guest(service.director);
  await guest.must(setServer('edit', service, server, weight));
};

export const judgeDrain = (server: string, held: readonly Held[], burst: Burst): Outcome => {
  const evidence = [heldEvidence(held), { ...answerEvidence(burst), title: `answers while ${server} had weight 0` }];
  const refused = summarizeUnanswered(burst);
  if (refused) return fail(`while ${server} had weight 0, ${refused}`, ...evidence);
  const taken = burst.requests.find((request) => serverOf(burst, request)?.node === server);
  if (taken) return fail(`${server} had weight 0 and answered request ${taken.number}`, ...evidence);
  const problem = heldProblem(held);
  if (problem) return fail(problem, ...evidence);
  const own = held.filter(({ before }) => before === server).length;
  if (own === 0) return fail(`${server} had none of ${held.length} connections to finish`, ...evidence);
  return pass(
    `${counted(own, 'connection')} to ${server} went on at weight 0, ${counted(burst.requests.length, 'new one')} went elsewhere`,
    ...evidence,
  );
};

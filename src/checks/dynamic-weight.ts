import { z } from 'zod';
import { until } from '../guest/until.ts';
import { hasServer } from '../ipvs/ipvsadm.ts';
import { serverIn, tableOf } from '../ipvs/table.ts';
import { type RealServer, type Service, weightsUnderLoad } from '../lab/lab.ts';
import { requestAgain } from '../traffic/again.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, realServerOf, scopeOptions } from './judge.ts';

const options = z.strictObject({
  server: z.string().optional().describe('The real server that is loaded; the first of the service if not given.'),
  seconds: z
    .int()
    .min(1)
    .max(600)
    .default(30)
    .describe(
      'Seconds until its weight must have fallen, and recovered; up to four times as many on a host too busy to look once a second.',
    ),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * The weights follow the load: a real server on which processes compete for the CPU gets a smaller weight, and so a
 * smaller share of the requests; idle again, it has its own weight and share. For services with `dynamic-weight`.
 *
 * Broken by an agent that does not run or is not told the load, and by a scheduler that pays no heed to weights.
 */
export const dynamicWeight: Check<Options> = {
  name: 'dynamic-weight',
  summary: 'a real server under load gets a smaller share, and its own again when it is idle',
  options,
  disturbs: true,
  nodes: ({ server }) => (server === undefined ? [] : [server]),
  run: (context, given) => judgePairs(context, given, (client, service) => loadOne(context, client, service, given)),
};

/** Processes that want the CPU: many more than make a machine overloaded, and few enough for it to answer. */
const PROCESSES = 16;
/** Seconds after which they end by themselves, should nobody end them. */
const LIMIT = 300;
/** How often the table is looked at, at least; an idle host has time for somewhat less than twice as many. */
const LOOKS_A_SECOND = 1;

const loadOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { server: wanted, seconds }: Options,
): Promise<Outcome> => {
  if (!service.dynamicWeight) return skip(`the weights of ${service.name} do not follow the load`);
  const server = realServerOf(service, wanted, `load ${wanted}`);
  const guest = await context.guest(server.node);
  const least = weightsUnderLoad(server.weight).overloaded;
  const count = 2 * service.realServers.length;
  const look = async (isMoved: boolean): Promise<Look> => ({
    isMoved,
    weight: await weightOf(context, service, server),
    burst: await requestAgain(context, client, service, count * 5),
  });
  // With the least priority: they count as any others, and leave an emulated machine the time to tell its load.
  const { stdout } = await guest.must(
    `for ((i = 0; i < ${PROCESSES}; i++)); do setsid nice -n 19 timeout ${LIMIT} sh -c 'while :; do :; done' > /dev/null 2>&1 < /dev/null & echo $!; done`,
  );
  const pids = stdout.split('\n').filter((line) => /^\d+$/.test(line));
  const moves = (weight: number) =>
    until(context, service.director, hasServer(service, server, weight), seconds, LOOKS_A_SECOND * seconds);
  let loaded: Look;
  try {
    loaded = await look(await moves(least));
  } finally {
    await guest.run(`kill -- ${pids.map((pid) => `-${pid}`).join(' ')}`);
  }
  const idle = loaded.isMoved ? await look(await moves(server.weight)) : undefined;
  return judgeDynamicWeight(server, seconds, loaded, idle);
};

const weightOf = async (context: CheckContext, service: Service, server: RealServer): Promise<number | undefined> =>
  serverIn(await tableOf(await context.guest(service.director)), service, server)?.weight;

/** What was found once the weight had moved, or time was up. */
export interface Look {
  readonly isMoved: boolean;
  /** Absent where the table has no such server. */
  readonly weight: number | undefined;
  readonly burst: Burst;
}

/** @param loaded while processes competed for its CPU. @param idle after they had ended; absent when nothing moved before. */
export const judgeDynamicWeight = (
  { node, weight: own }: RealServer,
  seconds: number,
  loaded: Look,
  idle: Look | undefined,
): Outcome => {
  const evidence: Evidence[] = [
    { ...answerEvidence(loaded.burst), title: `answers while ${node} was loaded` },
    ...(idle ? [{ ...answerEvidence(idle.burst), title: `answers with ${node} idle again` }] : []),
  ];
  if (!loaded.isMoved && loaded.weight === own)
    return fail(`${node} was loaded, and kept its weight of ${own} for ${seconds} s`, ...evidence);
  if (!loaded.isMoved)
    return fail(
      `${node} was loaded, and its weight was ${loaded.weight ?? 'gone'} after ${seconds} s, not ${weightsUnderLoad(own).overloaded}`,
      ...evidence,
    );
  const lost = summarizeUnanswered(loaded.burst);
  if (lost) return fail(`while ${node} was loaded, ${lost}`, ...evidence);
  if (!idle?.isMoved)
    return fail(`${node} was idle again, and its weight stayed ${idle?.weight} for ${seconds} s`, ...evidence);
  const late = summarizeUnanswered(idle.burst);
  if (late) return fail(`with ${node} idle again, ${late}`, ...evidence);
  const [few, many] = [shareOf(node, loaded.burst), shareOf(node, idle.burst)];
  const told = (share: number, { requests }: Burst) => `${share} of ${requests.length} requests`;
  if (few >= many)
    return fail(
      `${node} answered ${told(few, loaded.burst)} while it was loaded, and ${told(many, idle.burst)} when it was idle`,
      ...evidence,
    );
  return pass(
    `${node} was loaded: its weight fell from ${own} to ${loaded.weight}, and it answered ${told(few, loaded.burst)}; idle again: ${own}, and ${told(many, idle.burst)}`,
    ...evidence,
  );
};

const shareOf = (node: string, burst: Burst): number =>
  burst.requests.filter((request) => serverOf(burst, request)?.node === node).length;

import { z } from 'zod';
import { nicWithMac } from '../guest/nic.ts';
import { vipPlace } from '../ipvs/vip.ts';
import { nodeOf, REAPPLY, type RealServer, type Service } from '../lab/lab.ts';
import { counted } from '../support/words.ts';
import { requestAgain } from '../traffic/again.ts';
import type { Burst } from '../traffic/observation.ts';
import { pairsIn } from '../traffic/scope.ts';
import { askOnce, series, type Timed } from '../traffic/series.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { combine, realServerOf, scopeOptions } from './judge.ts';

const options = z.strictObject({
  server: z.string().optional().describe('The real server that is cut off; the first of the service if not given.'),
  loses: z
    .array(z.enum(['links', 'vip']))
    .min(1)
    .default(['links'])
    .describe('What goes away, each in turn: its links (nobody reaches it any more), or the VIP only.'),
  lost: z.int().min(0).max(1000).default(3).describe('Requests that may be lost until it is taken out.'),
  seconds: z
    .int()
    .min(1)
    .max(600)
    .default(20)
    .describe('Seconds until it must be taken out, and until it must serve again.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;
type Loss = Options['loses'][number];

/**
 * A real server that goes away costs few requests, and takes part again when it is back: it is cut off from all its
 * segments, or loses the VIP, while a client makes one request after the other, until all are answered; then it is mended,
 * until it answers. Tells how many requests were lost, and how long both took.
 *
 * Broken by a director without health checks, or with slow ones; without the VIP also by health checks that do not
 * request it.
 */
export const failover: Check<Options> = {
  name: 'failover',
  summary: 'a real server that goes away is taken out, and takes part again when it is back',
  options,
  disturbs: true,
  nodes: ({ server }) => (server === undefined ? [] : [server]),
  run: async (context, given) => {
    const parts = [];
    for (const { client, service } of pairsIn(context, given)) {
      const of = `${service.name} from ${client}`;
      for (const loss of given.loses) {
        const outcome = await failoverOne(context, client, service, loss, given);
        parts.push({ of, ...outcome });
        // What is not looked after when it loses one thing, is not either when it loses the next.
        if (outcome.status === 'fail') break;
      }
    }
    return combine(parts);
  },
};

const failoverOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  loss: Loss,
  given: Options,
): Promise<Outcome> => {
  const server = realServerOf(service, given.server, `cut ${given.server} off`);
  const guest = await context.guest(server.node);
  const ask = () => requestAgain(context, client, service, 1);
  // As often as all real servers together have a turn twice, so that no dead one is left among them.
  const enough = 2 * service.realServers.length;
  const isWell = (requests: readonly Timed[]) =>
    requests.length >= enough && requests.slice(-enough).every(({ why }) => why === undefined);
  const isBack = (requests: readonly Timed[]) => requests.at(-1)?.answer === server.node;
  let away: Timed[];
  try {
    await guest.must(loss === 'vip' ? `ip address del ${vipPlace(service)}` : cutOff(context, server));
    // Once too many are lost, more of them tell nothing new, and each takes seconds.
    away = await askUntil(ask, (requests) => isWell(requests) || lostOf(requests).length > given.lost, given.seconds);
  } finally {
    await guest.must(REAPPLY);
  }
  const back = await askUntil(ask, isBack, given.seconds);
  return judgeFailover(server.node, loss, given, away, back, isWell(away));
};

const cutOff = ({ lab }: CheckContext, { node }: RealServer): string =>
  nodeOf(lab, node)
    .links.map(({ mac }) => `ip link set "${nicWithMac(mac)}" down`)
    .join(' && ');

const lostOf = (requests: readonly Timed[]): Timed[] => requests.filter(({ why }) => why !== undefined);

const askUntil = async (
  ask: () => Promise<Burst>,
  isOver: (requests: readonly Timed[]) => boolean,
  budget: number,
): Promise<Timed[]> => {
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  const requests: Timed[] = [];
  while (!isOver(requests) && now() < budget) requests.push(await askOnce(ask, now));
  return requests;
};

/** @param away requests while it was cut off. @param back those after. @param isOut whether it was taken out in time. */
export const judgeFailover = (
  server: string,
  loss: Loss,
  { lost: allowed, seconds }: Pick<Options, 'lost' | 'seconds'>,
  away: readonly Timed[],
  back: readonly Timed[],
  isOut: boolean,
): Outcome => {
  const state = loss === 'vip' ? 'without the VIP' : 'cut off';
  const evidence = [
    series(`requests while ${server} was ${state}`, away),
    series(`requests after ${server} was back`, back),
  ];
  const lost = lostOf(away);
  const took = lost.at(-1)?.ended ?? 0;
  const told = `${counted(lost.length, 'request')} lost`;
  if (!isOut && lost.length > allowed)
    return fail(`${told}, and ${server} is still not taken out; at most ${allowed} may be`, ...evidence);
  if (!isOut) return fail(`${server} was not taken out within ${seconds} s; ${told}`, ...evidence);
  if (lost.length > allowed)
    return fail(`${told} until ${server} was taken out, and at most ${allowed} may be`, ...evidence);
  const late = back.find(({ why }) => why !== undefined);
  if (late) return fail(`with ${server} back, a request was lost: ${late.why}`, ...evidence);
  if (back.at(-1)?.answer !== server) return fail(`${server} did not serve again within ${seconds} s`, ...evidence);
  return pass(
    `${server} was ${state}: ${told}, the last ${took.toFixed(1)} s after; back, it served again after ${back.at(-1)?.ended.toFixed(1)} s`,
    ...evidence,
  );
};

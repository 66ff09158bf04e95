import { z } from 'zod';
import { type Connection, connectionsOf } from '../ipvs/connections.ts';
import { CONNECTIONS } from '../ipvs/ipvsadm.ts';
import { vipPlace } from '../ipvs/vip.ts';
import { familyOfText } from '../lab/addresses.ts';
import type { Service } from '../lab/lab.ts';
import { requestAgain } from '../traffic/again.ts';
import { answerEvidence, serverOf, summarizeUnanswered, whyUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, realServerOf, scopeOptions } from './judge.ts';

const options = z.strictObject({
  server: z.string().optional().describe('The real server that loses the VIP; the first of the service if not given.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * IPVS by itself does not know whether a real server is well: one that loses the VIP gets its share all the same, and
 * exactly that share of requests times out. The director's table of connections shows them as SYN_RECV. With the VIP
 * put back, every request is answered again. For services with `forward: tun` or `dr`, and a scheduler that takes turns.
 *
 * Broken by whatever keeps requests from that server: a weight of 0, a health checker, a real server that is not in the
 * table.
 */
export const blackhole: Check<Options> = {
  name: 'blackhole',
  summary: 'a real server without the VIP swallows exactly its share of the requests',
  options,
  disturbs: true,
  nodes: ({ server }) => (server === undefined ? [] : [server]),
  run: (context, given) =>
    judgePairs(context, given, (client, service) => blackholeOne(context, client, service, given)),
};

const blackholeOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { server: wanted }: Options,
): Promise<Outcome> => {
  if (service.forward === 'nat') return skip(`${service.name} forwards by nat, so no real server has the VIP`);
  const server = realServerOf(service, wanted, `see ${wanted} lose the VIP`);
  const guest = await context.guest(server.node);
  const director = await context.guest(service.director);
  const address = vipPlace(service);
  const count = 2 * service.realServers.length;
  let broken: Burst;
  let table: readonly Connection[];
  try {
    await guest.must(`ip address del ${address}`);
    broken = await requestAgain(context, client, service, count, { patience: Number.POSITIVE_INFINITY });
    table = await connectionsOf(director);
  } finally {
    await guest.must(`ip address replace ${address}${familyOfText(service.vip) === 'IPv6' ? ' nodad' : ''}`);
  }
  const mended = await requestAgain(context, client, service, count);
  return judgeBlackhole(server.node, broken, table, mended);
};

/** @param table the director's connections right after the requests. */
export const judgeBlackhole = (server: string, broken: Burst, table: readonly Connection[], mended: Burst): Outcome => {
  const { service, requests } = broken;
  const rip = service.realServers.find(({ node }) => node === server)?.address ?? '';
  const share = requests.length / service.realServers.filter(({ weight }) => weight > 0).length;
  const lost = requests.filter((request) => !serverOf(broken, request));
  const stuck = table
    .filter(({ state }) => state === 'SYN_RECV')
    .filter(({ destination }) => destination.address === rip && destination.port === service.port)
    .map(({ line }) => line);
  const evidence: Evidence[] = [
    { ...answerEvidence(broken), title: `answers while ${server} was without the VIP` },
    { title: `connections to ${rip} in the director's table (${CONNECTIONS})`, lines: stuck },
    { ...answerEvidence(mended), title: `answers after ${server} had it back` },
  ];
  const other = lost.find(({ failure }) => failure?.kind !== 'timeout');
  if (lost.length !== share)
    return fail(
      `${lost.length} of ${requests.length} requests failed without the VIP on ${server}, not its share of ${share}`,
      ...evidence,
    );
  if (other) return fail(`request ${other.number} did not time out: ${whyUnanswered(broken, other)}`, ...evidence);
  if (stuck.length < lost.length)
    return fail(
      `the table has ${stuck.length} connections to ${rip} in SYN_RECV, and ${lost.length} requests timed out`,
      ...evidence,
    );
  const unanswered = summarizeUnanswered(mended);
  if (unanswered) return fail(`with the VIP back on ${server}, ${unanswered}`, ...evidence);
  return pass(
    `without the VIP on ${server}, ${lost.length} of ${requests.length} requests timed out and stayed in SYN_RECV; with it, none`,
    ...evidence,
  );
};

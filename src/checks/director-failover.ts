import { z } from 'zod';
import { until } from '../guest/until.ts';
import { knowsConnections } from '../ipvs/connections.ts';
import { hasVip, lacksVip } from '../ipvs/vip.ts';
import type { Service } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { counted } from '../support/words.ts';
import { requestAgain } from '../traffic/again.ts';
import { arpOwners } from '../traffic/arp-answers.ts';
import { type Held, heldEvidence, heldProblem, holdConnections } from '../traffic/held.ts';
import { askOnce, series, type Timed } from '../traffic/series.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, scopeOptions } from './judge.ts';

const options = z.strictObject({
  connections: z.int().min(1).max(100).default(4).describe('How many connections the client holds meanwhile.'),
  lost: z.int().min(0).max(1000).default(4).describe('Requests that may be lost each time the VIP moves.'),
  seconds: z.int().min(1).max(600).default(30).describe('Seconds until the VIP must have moved.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * The service outlives its director. The one that has the VIP is killed, without a chance to say goodbye, while a client
 * makes one request after the other: the VIP moves to the next one, few requests are lost, and connections that were held
 * open go on. The killed one comes back and has the VIP again. Then the directors are parted from each other, so that
 * both take the VIP, as they must; joined, they have one master again. At each rest exactly one machine answers ARP for
 * the VIP. For services with a `vrrp-instance`.
 *
 * Broken by directors that do not hear each other (packet filters, different router ids), by a standby without the table,
 * and by connections that are not synced.
 */
export const directorFailover: Check<Options> = {
  name: 'director-failover',
  summary: 'another director takes the VIP over when the one that has it is killed, and gives it back',
  options,
  disturbs: true,
  run: (context, given) => judgePairs(context, given, (client, service) => failOver(context, client, service, given)),
};

/** Requests while the VIP moved. */
export interface Move {
  readonly requests: readonly Timed[];
  /** Seconds after which the VIP was seen to have moved; absent when it was not. */
  readonly after?: number;
}

/** What was seen, as far as it went: what comes after a problem is not looked at. */
export interface Seen {
  /** Who answers ARP for the VIP before anything is done. */
  readonly before: readonly string[];
  /** The active director is killed: the requests from then on, who answers ARP, the connections that were held. */
  readonly killed?: {
    /** Whether the standby knew of the connections by then. */
    readonly told: boolean;
    readonly move: Move;
    readonly owners: readonly string[];
    readonly held: readonly Held[];
  };
  /** It comes back. */
  readonly back?: { readonly move: Move; readonly owners: readonly string[] };
  /** The directors are parted: who has the VIP then. They are joined again. */
  readonly parted?: { readonly holders: readonly string[]; readonly move: Move; readonly owners: readonly string[] };
}

/** Seconds in which directors that hear each other agree, on a busy host, too. */
const REST_BUDGET = 10;

/** Seconds in which the standby learns of the connections: the kernel tells of them within three. More on a busy host. */
const SYNC_BUDGET = 8;
const SYNC_LOOKS = 12;

const failOver = async (context: CheckContext, client: string, service: Service, given: Options): Promise<Outcome> => {
  const [master, standby] = service.vrrp?.directors.map(({ node }) => node) ?? [];
  if (!master || !standby) return skip(`${service.name} has one director`);
  const way: Way = { context, client, service, given, master, standby };
  let seen: Seen = { before: await ownersAtRest(context, service) };
  const isBroken = () => problemIn(master, standby, given, seen) !== undefined;
  if (!isBroken()) seen = { ...seen, ...(await kill(way)) };
  if (!isBroken()) seen = { ...seen, parted: await partAndJoin(way) };
  return judgeDirectorFailover(master, standby, given, seen);
};

interface Way {
  readonly context: CheckContext;
  readonly client: string;
  readonly service: Service;
  readonly given: Options;
  readonly master: string;
  readonly standby: string;
}

/** Kills the active director and follows what becomes of the service, until it is back and has the VIP again. */
const kill = async (way: Way): Promise<Pick<Seen, 'killed' | 'back'>> => {
  const { context, client, service, given, master, standby } = way;
  const connections = await holdConnections(context, client, service, given.connections);
  const told = await until(context, standby, knowsConnections(connections.sources), SYNC_BUDGET, SYNC_LOOKS);

  const guest = await context.guest(master);
  let deadline = Number.POSITIVE_INFINITY;
  const reboot = guest.reboot({ force: true }).finally(() => {
    deadline = performance.now() + given.seconds * 1000;
  });
  const follow = async () => {
    const takeover = performance.now() + given.seconds * 1000;
    let held: Held[] = [];
    const move = await askThrough(
      way,
      hasVip(service),
      () => takeover,
      async () => {
        held = await connections.again();
      },
    );
    const owners = await ownersAtRest(context, service);
    const killed = { told, move, owners, held };
    const back = await askThrough(way, lacksVip(service), () => deadline);
    return { killed, back };
  };
  const [rebooted, followed] = await Promise.allSettled([reboot, follow()]);
  if (rebooted.status === 'rejected') throw rebooted.reason;
  if (followed.status === 'rejected') throw followed.reason;
  const { killed, back } = followed.value;
  return { killed, back: { move: back, owners: await ownersAtRest(context, service) } };
};

/** Keeps the directors from each other until both have the VIP, and joins them again. */
const partAndJoin = async (way: Way): Promise<NonNullable<Seen['parted']>> => {
  const { context, service, given, master, standby } = way;
  const holders: string[] = [];
  try {
    await packetFilter(context, service, '-I');
    await until(context, standby, hasVip(service), given.seconds);
    for (const node of [master, standby]) if (await until(context, node, hasVip(service), 0)) holders.push(node);
  } finally {
    await packetFilter(context, service, '-D');
  }
  const deadline = performance.now() + given.seconds * 1000;
  const move = await askThrough(way, lacksVip(service), () => deadline);
  return { holders, move, owners: await ownersAtRest(context, service) };
};

/** Who answers ARP for the VIP once it is one machine alone; or whoever does when time is up. */
const ownersAtRest = async (context: CheckContext, service: Service): Promise<string[]> => {
  const deadline = performance.now() + REST_BUDGET * 1000;
  let owners = await arpOwners(context, service);
  while (owners.length !== 1 && performance.now() < deadline) owners = await arpOwners(context, service);
  return owners;
};

/** Each director drops what the others send it. */
const packetFilter = async (context: CheckContext, service: Service, action: '-I' | '-D'): Promise<void> => {
  const directors = service.vrrp?.directors ?? [];
  for (const { node } of directors)
    for (const { address } of directors.filter((other) => other.node !== node))
      await (await context.guest(node)).must(`iptables ${action} INPUT -s ${shellQuote(address)} -j DROP`);
};

/**
 * Makes requests until a condition holds on the standby, or time is up; then until so many in a row are answered that
 * every real server had two turns, or more are lost than may be.
 * @param deadline by `performance.now`
 * @param whenServed called once, with the first request that is answered after the condition holds: the killed director
 * boots all the while, and knows nothing of what happened when it is back. At the end where none is answered.
 */
const askThrough = async (
  way: Way,
  condition: string,
  deadline: () => number,
  whenServed: () => Promise<void> = async () => {},
): Promise<Move> => {
  const { context, client, service, given, standby } = way;
  const enough = 2 * service.realServers.length;
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  const requests: Timed[] = [];
  let after: number | undefined;
  let answered = 0;
  let isServed = false;
  const isPatient = () => requests.filter(({ why }) => why !== undefined).length <= given.lost;
  while (answered < enough && (after === undefined ? performance.now() < deadline() : isPatient())) {
    const request = await askOnce(() => requestAgain(context, client, service, 1), now);
    requests.push(request);
    if (after === undefined && (await until(context, standby, condition, 1))) after = now();
    answered = after !== undefined && request.why === undefined ? answered + 1 : 0;
    if (answered > 0 && !isServed) {
      isServed = true;
      await whenServed();
    }
  }
  if (!isServed) await whenServed();
  return { requests, ...(after !== undefined && { after }) };
};

export const judgeDirectorFailover = (
  master: string,
  standby: string,
  limits: Pick<Options, 'lost' | 'seconds'>,
  seen: Seen,
): Outcome => {
  const { before, killed, back, parted } = seen;
  const evidence: Evidence[] = [
    owned('before', before),
    ...(killed
      ? [
          series(`requests from the kill of ${master} on`, killed.move.requests),
          owned(`with ${master} killed`, killed.owners),
          heldEvidence(killed.held),
        ]
      : []),
    ...(back
      ? [series(`requests until ${master} was back`, back.move.requests), owned(`with ${master} back`, back.owners)]
      : []),
    ...(parted
      ? [
          { title: 'who had the VIP while the directors were parted', lines: [...parted.holders] },
          series('requests after they were joined', parted.move.requests),
          owned('after they were joined', parted.owners),
        ]
      : []),
  ];
  const problem = problemIn(master, standby, limits, seen);
  if (problem !== undefined || !killed || !back || !parted) return fail(problem ?? 'the VIP did not move', ...evidence);
  return pass(
    `${master} was killed: ${standby} had the VIP after ${killed.move.after?.toFixed(1)} s, ${lostIn(killed.move)}, ${counted(killed.held.length, 'held connection')} survived; back, it had the VIP again, ${lostIn(back.move)}; parted and joined, they have one master again after ${parted.move.after?.toFixed(1)} s`,
    ...evidence,
  );
};

/** The first thing that is wrong with what was seen so far. */
const problemIn = (
  master: string,
  standby: string,
  limits: Pick<Options, 'lost' | 'seconds'>,
  { before, killed, back, parted }: Seen,
): string | undefined =>
  ownerProblem(master, before) ??
  (killed &&
    (moveProblem(`${standby} did not take over`, `${standby} took over`, limits, killed.move) ??
      ownerProblem(standby, killed.owners, `with ${master} killed, `) ??
      prefixed(
        `with ${master} killed, `,
        heldProblem(killed.held),
        killed.told ? '' : `; ${standby} did not know of all of them`,
      ))) ??
  (back &&
    (moveProblem(`${master} did not have the VIP again`, `${master} had the VIP again`, limits, back.move) ??
      ownerProblem(master, back.owners, `with ${master} back, `))) ??
  (parted &&
    (partedProblem(master, standby, parted.holders) ??
      moveProblem('joined again, the directors did not agree', 'the directors agreed', limits, parted.move) ??
      ownerProblem(master, parted.owners, 'with the directors joined again, ')));

const owned = (when: string, owners: readonly string[]): Evidence => ({
  title: `who answered ARP for the VIP ${when}`,
  lines: owners.length > 0 ? [...owners] : ['(nobody)'],
});

const lostOf = ({ requests }: Move): number => requests.filter(({ why }) => why !== undefined).length;
const lostIn = (move: Move): string => `${counted(lostOf(move), 'request')} lost`;

const prefixed = (prefix: string, problem: string | undefined, suffix = '') => problem && prefix + problem + suffix;

const ownerProblem = (wanted: string, owners: readonly string[], when = ''): string | undefined => {
  if (owners.length === 1 && owners[0] === wanted) return undefined;
  if (owners.length === 0) return `${when}nobody answered ARP for the VIP`;
  if (owners.length > 1) return `${when}${owners.join(' and ')} answered ARP for the VIP`;
  return `${when}${owners[0]} answered ARP for the VIP, and not ${wanted}`;
};

const moveProblem = (
  failed: string,
  until: string,
  { lost, seconds }: Pick<Options, 'lost' | 'seconds'>,
  move: Move,
): string | undefined => {
  if (move.after === undefined) return `${failed} within ${seconds} s; ${lostIn(move)}`;
  return lostOf(move) > lost ? `${lostIn(move)} until ${until}, and at most ${lost} may be` : undefined;
};

const partedProblem = (master: string, standby: string, holders: readonly string[]): string | undefined => {
  const without = [master, standby].filter((node) => !holders.includes(node));
  return without.length > 0 ? `parted from the other, ${without.join(' and ')} did not have the VIP` : undefined;
};

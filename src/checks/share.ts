import { z } from 'zod';
import { sharesBy, takesTurns } from '../ipvs/schedulers.ts';
import type { Service } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { answerEvidence, serverOf, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeTiers, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount
    .optional()
    .describe('Requests per client and service; whole turns of the scheduler, 12 to 120 requests, if not given.'),
  tolerance: z
    .int()
    .nonnegative()
    .optional()
    .describe('Requests that a server may answer more or fewer; 0 for rr and wrr, a tenth of the requests otherwise.'),
  share: z
    .record(z.string(), z.number().nonnegative())
    .refine((share) => Object.values(share).some((part) => part > 0), 'at least one share must be above 0')
    .optional()
    .describe(
      'Parts of the whole by real server, such as { rs1: 3, rs2: 1 }; a server that is not named gets none. By default the scheduler and the weights tell.',
    ),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/** Enough to tell 2:1 from 1:1 with any tolerance worth having. */
const LEAST_REQUESTS = 12;
/** Unless the file asks for more: a turn of unlike weights can be thousands long. */
const MOST_REQUESTS = 120;

/**
 * Each real server answers its share of the requests, whatever the order: by the weights for wrr and wlc, alike for rr
 * and lc (which know of a weight only whether it is 0), or as the option `share` says.
 *
 * Broken by another scheduler or weight, by persistence, by a server missing from the director's table, and, for the
 * schedulers that count connections, by those that the director still remembers from before.
 */
export const share: Check<Options> = {
  name: 'share',
  summary: 'each real server answers its share of the requests',
  options,
  nodes: (given) => Object.keys(given.share ?? {}),
  requests: (given, service) => given.requests ?? defaultRequests(partsOf(service, given)),
  run: async (context, given) =>
    judgeTiers(context, given, (burst) =>
      isTold(burst.service, given) ? judgeShare(burst, given) : skip(`no share is given for ${burst.service.name}`),
    ),
};

/** Shares that are given for the servers of one tier say nothing of another. */
const isTold = ({ upstream, realServers }: Service, { share: given }: Options): boolean =>
  !given || upstream === undefined || realServers.some(({ node }) => node in given);

export const judgeShare = (burst: Burst, given: Options): Outcome => {
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  const parts = partsOf(burst.service, given);
  const whole = sum(parts?.values() ?? []);
  if (!parts || whole === 0) throw nothingExpected(burst.service);
  // A further tier gets what the one before gives it.
  const isFirst = burst.service.upstream === undefined;
  const wanted = isFirst ? (given.requests ?? defaultRequests(parts)) : burst.requests.length;
  // Of a burst that other checks wanted longer, the first requests: whole turns, where whole turns were asked for.
  const answers = burst.requests.slice(0, wanted).map((request) => serverOf(burst, request)?.node);
  if (answers.length < wanted)
    return fail(`only ${answers.length} of ${wanted} requests were made`, answerEvidence(burst));
  const tolerance = given.tolerance ?? (isExact(burst.service, parts, wanted) ? 0 : Math.ceil(wanted / 10));
  const shares = burst.service.realServers.map(({ node }) => {
    const expected = round((wanted * (parts.get(node) ?? 0)) / whole);
    const actual = answers.filter((answer) => answer === node).length;
    return { node, expected, actual, right: isWithin(actual, expected, tolerance) };
  });
  const wrong = shares.find(({ right }) => !right);
  const counts = shares.map(({ node, actual }) => `${node} ${actual}`).join(', ');
  if (!wrong) return pass(`of ${wanted} requests: ${counts}`, shareTable(shares, tolerance), answerEvidence(burst));
  return fail(
    `${wrong.node} answered ${wrong.actual} of ${wanted} requests, not ${roughly(wrong.expected)}${tolerance ? ` ± ${tolerance}` : ''}`,
    shareTable(shares, tolerance),
    answerEvidence(burst),
  );
};

/** A whole number of requests cannot be 6.67: its neighbours 6 and 7 are both right. */
const isWithin = (actual: number, expected: number, tolerance: number): boolean =>
  expected === 0
    ? actual === 0
    : actual >= Math.floor(expected) - tolerance && actual <= Math.ceil(expected) + tolerance;

/** Parts of the whole by node name; undefined when neither the options nor the scheduler tell them. */
const partsOf = (service: Service, { share: given }: Options): ReadonlyMap<string, number> | undefined => {
  if (given) return new Map(service.realServers.map(({ node }) => [node, given[node] ?? 0]));
  const by = sharesBy(service.scheduler);
  if (by === undefined) return undefined;
  return new Map(service.realServers.map(({ node, weight }) => [node, by === 'heads' ? Math.min(weight, 1) : weight]));
};

/** Whether the scheduler keeps to the parts to the last request, over so many requests. */
const isExact = ({ scheduler }: Service, parts: ReadonlyMap<string, number>, requests: number): boolean =>
  takesTurns(scheduler) &&
  (sharesBy(scheduler) === 'heads' || requests % (turnOf(parts) ?? Number.POSITIVE_INFINITY) === 0);

const defaultRequests = (parts: ReadonlyMap<string, number> | undefined): number => {
  const turn = parts && turnOf(parts);
  if (turn === undefined) return LEAST_REQUESTS;
  return turn > MOST_REQUESTS ? MOST_REQUESTS : turn * Math.ceil(LEAST_REQUESTS / turn);
};

/** Requests after which a weighted scheduler begins anew; undefined for parts that are no weights. */
const turnOf = (parts: ReadonlyMap<string, number>): number | undefined => {
  const weights = [...parts.values()].filter((part) => part > 0);
  if (weights.length === 0 || !weights.every(Number.isInteger)) return undefined;
  return sum(weights) / weights.reduce(greatestCommonDivisor);
};

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/** Without the last digits, which only the arithmetic brought in. */
const round = (expected: number): number => Math.round(expected * 1e6) / 1e6;

const roughly = (expected: number): string => String(Math.round(expected * 100) / 100);

const shareTable = (
  shares: readonly { node: string; expected: number; actual: number }[],
  tolerance: number,
): Evidence => ({
  title: tolerance ? `requests by real server, ± ${tolerance}` : 'requests by real server',
  columns: ['node', 'expected', 'answered'],
  rows: shares.map(({ node, expected, actual }) => [node, roughly(expected), String(actual)]),
});

const nothingExpected = ({ name, scheduler }: Service) =>
  new LabError({
    tried: `check the share of ${name}`,
    happened: `the weights do not tell what each real server gets from the scheduler ${scheduler}`,
    next: 'give the check the option `share`, such as { rs1: 1 }',
    exitCode: ExitCode.usage,
  });

import { isIP } from 'node:net';
import { z } from 'zod';
import { innermost } from '../capture/packet.ts';
import type { Guest } from '../guest/guest.ts';
import { FAMILIES } from '../images/families.ts';
import { type Lab, nodeOf } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { answerEvidence, answererOf, summarizeUnanswered } from '../traffic/answers.ts';
import { journeyEvidence, receivedBy } from '../traffic/connection.ts';
import type { Burst, Request, Sighting } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { judgeBursts, scopeOptions } from './judge.ts';

const options = z.strictObject(scopeOptions);

/**
 * The real server sees who asks: the request arrives there from the client's own address, and its web server's log
 * names that address.
 *
 * Broken by source address translation on the way (a masquerading router) or on the real server itself, which only
 * the log shows, and by a proxy in the place of the director.
 */
export const clientAddress: Check<z.infer<typeof options>> = {
  name: 'client-address',
  summary: "the real servers see the client's own address",
  options,
  packets: true,
  requests: (_, service) => 2 * service.realServers.length,
  run: async (context, scope) => {
    const expected = expectedLines(context.observation.bursts());
    const logs = new Map(
      await Promise.all(
        [...expected].map(
          async ([node, tokens]) => [node, await readLog(await context.guest(node), tokens, context.signal)] as const,
        ),
      ),
    );
    return judgeBursts(context, scope, (burst) =>
      burst.service.protocol === 'udp'
        ? skip(`${burst.service.name} is no web service, whose log would tell`)
        : judgeClientAddress(context.lab, burst, context.observation.sightings(burst), logs),
    );
  },
};

/** Lines of the web servers' access logs, by node. */
export type AccessLogs = ReadonlyMap<string, readonly string[]>;

/** The tokens of the requests that each node answered, which its log has to hold. */
const expectedLines = (bursts: readonly Burst[]): ReadonlyMap<string, readonly string[]> => {
  const tokens = new Map<string, string[]>();
  for (const burst of bursts.filter(({ service }) => service.protocol === 'tcp')) {
    for (const request of burst.requests) {
      const node = answererOf(burst, request);
      if (node !== undefined) tokens.set(node, [...(tokens.get(node) ?? []), request.token]);
    }
  }
  return tokens;
};

/** Wherever web servers of any family write it: a machine has the files of its own. */
const ACCESS_LOGS = new Set(
  Object.values(FAMILIES).flatMap(({ webServers }) => Object.values(webServers).flatMap((each) => each.accessLogs)),
);

/** A web server logs a request only once it has answered it: its line may be a moment behind the client. */
const readLog = async (guest: Guest, tokens: readonly string[], signal?: AbortSignal): Promise<string[]> => {
  const prefixes = [...new Set(tokens.map((token) => token.replace(/-\d+$/, '')))];
  const patterns = prefixes.map((prefix) => `-e ${shellQuote(`lab=${prefix}-`)}`).join(' ');
  const grep = `grep -hsF ${patterns} ${[...ACCESS_LOGS].join(' ')}`;
  const { stdout } = await guest.run(
    `for attempt in 1 2 3 4 5 6 7 8 9 10; do
  lines=$(${grep})
  [ "$(printf %s "$lines" | grep -c '')" -ge ${tokens.length} ] && break
  sleep 0.5
done
printf '%s\\n' "$lines"`,
    signal && { signal },
  );
  return stdout.split('\n').filter(Boolean);
};

export const judgeClientAddress = (
  lab: Lab,
  burst: Burst,
  sightings: readonly Sighting[],
  logs: AccessLogs,
): Outcome => {
  const evidence = logEvidence(burst, logs);
  for (const request of burst.requests) {
    const node = answererOf(burst, request);
    const problem = node && addressProblem(lab, burst, sightings, logs, request, node);
    if (problem) {
      return fail(`request ${request.number}: ${problem}`, evidence, journeyEvidence(lab, burst, sightings, request));
    }
  }
  const unanswered = summarizeUnanswered(burst);
  if (unanswered) return fail(unanswered, answerEvidence(burst));
  const addresses = [...new Set(burst.requests.map(({ address }) => address))].join(', ');
  return pass(`the real servers saw ${addresses} in ${burst.requests.length} requests`, evidence);
};

const addressProblem = (
  lab: Lab,
  { client }: Burst,
  sightings: readonly Sighting[],
  logs: AccessLogs,
  request: Request,
  node: string,
): string | undefined => {
  const { address } = request;
  if (!nodeOf(lab, client).links.some((link) => link.address === address)) {
    return `${client} sent it from ${address}, which is none of its addresses in the lab`;
  }
  const line = lineOf(logs.get(node) ?? [], request);
  if (line === undefined) return `the access log of ${node}, which answered it, has no line of it`;
  const logged = loggedAddress(line);
  if (logged !== address) return `the web server of ${node} saw ${logged}, and not the client's address ${address}`;
  // By its token, and not by its addresses, which are what is in question.
  const arrived = receivedBy(lab, node, sightings)
    .map(({ ip }) => innermost(ip))
    .filter(({ tcp }) => tcp?.payload.includes(`lab=${request.token} `));
  if (arrived.length === 0) return `it was not seen to arrive at ${node}`;
  const stranger = arrived.find(({ source }) => source !== address);
  return stranger && `it arrived at ${node} from ${stranger.source}, and not from the client's address ${address}`;
};

const lineOf = (lines: readonly string[], { token }: Request): string | undefined =>
  lines.find((line) => line.includes(`lab=${token} `));

/** The address in a line of the common or combined log format, which Apache's vhost_combined has a name before. */
const loggedAddress = (line: string): string => {
  const [first = '', second = ''] = line.split(' ');
  return isIP(second) && !isIP(first) ? second : first;
};

const logEvidence = (burst: Burst, logs: AccessLogs): Evidence => ({
  title: 'access logs',
  columns: ['request', 'node', 'line'],
  rows: burst.requests.flatMap((request) => {
    const node = answererOf(burst, request);
    return node === undefined
      ? []
      : [[String(request.number), node, lineOf(logs.get(node) ?? [], request) ?? '(none)']];
  }),
});

import { z } from 'zod';
import type { Location } from '../lab/lab.ts';
import { requestAgain } from '../traffic/again.ts';
import type { Burst } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check } from './check.ts';
import { combine, judgePairs, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount
    .optional()
    .describe('Requests for each path; two for each pair of a real server and a server behind it if not given.'),
  ...scopeOptions,
});

/**
 * Each path is served by its own group of servers: requests for it are answered by servers of the group, and by every one
 * of them. For services with `locations`.
 *
 * Broken by real servers that pass a path on to another group, or to nobody, and by a server behind them that is down.
 */
export const content: Check<z.infer<typeof options>> = {
  name: 'content',
  summary: 'each path is served by its own group of servers',
  options,
  run: (context, given) =>
    judgePairs(context, given, async (client, service) => {
      const outcomes = [];
      for (const location of service.locations) {
        const count = given.requests ?? 2 * service.realServers.length * location.servers.length;
        const burst = await requestAgain(context, client, service, count, { path: location.path });
        outcomes.push({ of: location.path, ...judgeContent(location, burst) });
      }
      return outcomes.length > 0 ? combine(outcomes) : skip(`${service.name} has no locations`);
    }),
};

/** @param burst requests for the path of the location. */
export const judgeContent = ({ path, servers }: Location, { requests, wanted, givenUp }: Burst): Outcome => {
  const names = servers.map(({ node }) => node);
  const answers = requests.map(({ answer, failure }) => (failure === undefined ? answer : undefined) ?? '–');
  const evidence: Evidence = { title: `answers for ${path}`, lines: [answers.join(' ')] };
  for (const { number, answer, status, failure } of requests) {
    if (failure !== undefined)
      return fail(`request ${number} for ${path} was not answered: ${failure.words}`, evidence);
    if (status !== 200) return fail(`request ${number} for ${path} was answered with HTTP status ${status}`, evidence);
    if (!names.includes(answer ?? ''))
      return fail(
        `request ${number} for ${path} was answered by ${JSON.stringify(answer)}, which is not of its group: ${names.join(', ')}`,
        evidence,
      );
  }
  if (requests.length < wanted)
    return fail(`only ${requests.length} of ${wanted} requests were made: ${givenUp}`, evidence);
  const idle = names.filter((name) => !answers.includes(name));
  if (idle.length > 0)
    return fail(`none of ${requests.length} requests for ${path} was answered by ${idle.join(', ')}`, evidence);
  const shares = names.map((name) => `${name} ${answers.filter((answer) => answer === name).length}`);
  return pass(`${requests.length} requests for ${path} were answered by ${shares.join(', ')}`, evidence);
};

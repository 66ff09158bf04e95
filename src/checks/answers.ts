import type { RealServer } from '../lab/lab.ts';
import type { Evidence } from './check.ts';
import type { Burst, Request } from './observation.ts';

/** What is wrong with the answer to a request; undefined when a real server of the service gave it with HTTP 200. */
export const whyUnanswered = (burst: Burst, request: Request): string | undefined => {
  if (request.failure !== undefined) return request.failure;
  if (request.status !== 200) return `HTTP status ${request.status}`;
  if (serverOf(burst, request)) return undefined;
  return `the page says ${JSON.stringify(request.answer)}, which is no real server of ${burst.service.name}`;
};

/** The real server that answered a request, if one did. */
export const serverOf = ({ service }: Burst, { answer, failure, status }: Request): RealServer | undefined =>
  failure === undefined && status === 200 ? service.realServers.find(({ node }) => node === answer) : undefined;

/** One line on the requests that no real server answered as it should; undefined when all were. */
export const summarizeUnanswered = (burst: Burst): string | undefined => {
  const unanswered = burst.requests.filter((request) => whyUnanswered(burst, request) !== undefined);
  const first = unanswered[0];
  if (!first) return burst.requests.length === 0 ? 'no request was made' : undefined;
  const others = unanswered.length === 1 ? '' : ` (and ${unanswered.length - 1} more)`;
  const givenUp = burst.givenUp ? `; given up: ${burst.givenUp}` : '';
  return `request ${first.number} of ${burst.wanted} was not answered: ${whyUnanswered(burst, first)}${others}${givenUp}`;
};

/** Who answered, in order: `rs2 rs1 rs2 –`, a dash for a request that no real server answered. */
export const answerLine = (burst: Burst): string =>
  burst.requests.map((request) => serverOf(burst, request)?.node ?? '–').join(' ');

/** The answers, and beside each that is missing the reason. */
export const answerEvidence = (burst: Burst): Evidence => ({
  title: 'answers',
  lines: [
    answerLine(burst),
    ...burst.requests.flatMap((request) => {
      const why = whyUnanswered(burst, request);
      return why === undefined ? [] : [`request ${request.number}: ${why} (${request.seconds.toFixed(1)} s)`];
    }),
    ...(burst.givenUp ? [`given up after ${burst.requests.length} of ${burst.wanted}: ${burst.givenUp}`] : []),
  ],
});

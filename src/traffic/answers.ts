import type { RealServer } from '../lab/lab.ts';
import type { Evidence } from '../verdicts/verdict.ts';
import type { Failure } from './failure.ts';
import type { Burst, Request } from './observation.ts';

/** What is wrong with the answer to a request; undefined when a real server of the service gave it, over TCP with HTTP 200. */
export const failureOf = (burst: Burst, request: Request): Failure | undefined => {
  if (request.failure !== undefined) return request.failure;
  if (burst.service.protocol === 'tcp' && request.status !== 200)
    return { kind: 'status', words: `HTTP status ${request.status}` };
  if (serverOf(burst, request)) return undefined;
  const answer = burst.service.protocol === 'tcp' ? 'the page says' : 'the answer is';
  return {
    kind: 'stranger',
    words: `${answer} ${JSON.stringify(request.answer)}, which is no real server of ${burst.service.name}`,
  };
};

/** The same in words. */
export const whyUnanswered = (burst: Burst, request: Request): string | undefined => failureOf(burst, request)?.words;

/** The real server of the service by which a request was answered, if it was: itself, or one behind it. */
export const serverOf = ({ service }: Burst, { answer, failure, status }: Request): RealServer | undefined =>
  failure === undefined && (status === 200 || service.protocol === 'udp')
    ? service.realServers.find(({ node, answeredBy = [node] }) => answer !== undefined && answeredBy.includes(answer))
    : undefined;

/** The node that answered a request, if one did that should. */
export const answererOf = (burst: Burst, request: Request): string | undefined =>
  serverOf(burst, request) && request.answer;

/** Who answered, and through which real server of the service where it was not itself: `dc1/rs1`. */
const wayOf = (burst: Burst, request: Request): string => {
  const { node, answeredBy } = serverOf(burst, request) ?? { node: '–' };
  return answeredBy ? `${node}/${request.answer}` : node;
};

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
export const answerLine = (burst: Burst): string => burst.requests.map((request) => wayOf(burst, request)).join(' ');

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

import { serverOf, whyUnanswered } from '../checks/answers.ts';
import type { Burst } from '../checks/observation.ts';
import { countVerdicts, exitCodeOf, type Report } from './report.ts';

/**
 * A report as one JSON document, for programs:
 *
 *     { lab, instance, provider, started, seconds, exitCode, counts: { pass, fail, error, skip },
 *       requests: [{ client, service, vip, port, wanted, givenUp, answers: [node or null, …],
 *                    requests: [{ number, answer, status, failure, seconds, address, port }, …] }, …],
 *       verdicts: [{ check, status, summary, seconds,
 *                    evidence: [{ title, lines } or { title, columns, rows }, …] }, …] }
 *
 * What is not known is null. Keys are only ever added.
 */
export const json = (report: Report): string => `${JSON.stringify(documentOf(report), null, 2)}\n`;

const documentOf = ({ lab, instance, provider, started, seconds, verdicts, bursts }: Report) => ({
  lab,
  instance,
  provider,
  started,
  seconds: toMilliseconds(seconds),
  exitCode: exitCodeOf(verdicts),
  counts: countVerdicts(verdicts),
  requests: bursts.map(burstOf),
  verdicts: verdicts.map(({ check, status, summary, seconds, evidence }) => ({
    check,
    status,
    summary,
    seconds: toMilliseconds(seconds),
    evidence,
  })),
});

const burstOf = (burst: Burst) => ({
  client: burst.client,
  service: burst.service.name,
  vip: burst.service.vip,
  port: burst.service.port,
  wanted: burst.wanted,
  givenUp: burst.givenUp ?? null,
  answers: burst.requests.map((request) => serverOf(burst, request)?.node ?? null),
  requests: burst.requests.map((request) => ({
    number: request.number,
    answer: request.answer ?? null,
    status: request.status ?? null,
    failure: whyUnanswered(burst, request) ?? null,
    seconds: request.seconds,
    address: request.address ?? null,
    port: request.port ?? null,
  })),
});

/** Rounds seconds: more digits are noise. */
const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

import { diagnosisDocument } from '../diagnosis/describe.ts';
import { answererOf, failureOf } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { countResults, countVerdicts, exitCodeOf, exitCodeOfAll, type Report, type Result } from './report.ts';

/**
 * A report as one JSON document, for programs:
 *
 *     { lab, instance, provider, started, seconds, exitCode, counts: { pass, fail, error, skip },
 *       requests: [{ client, service, vip, port, wanted, givenUp, answers: [node or null, …],
 *                    requests: [{ number, answer, status, failure, kind, seconds, address, port }, …] }, …],
 *       verdicts: [{ check, status, summary, seconds,
 *                    evidence: [{ title, lines } or { title, columns, rows }, …] }, …],
 *       diagnosis: { healthy, symptom, causes: [{ hypothesis, node, what, show, mend: [command, …] }, …], asides },
 *       bundle, error: { message, next } }
 *
 * What is not known is null, as are the error of a lab that came up and the diagnosis of one whose checks passed. Keys are only ever added.
 */
export const json = (report: Report): string => print({ ...documentOf(report), ...NO_TROUBLE });

/** The result of one lab, as such a document. */
export const jsonOfResult = (result: Result): string => print(resultOf(result));

/** The results of several labs: `{ exitCode, counts: { pass, fail, error, skip }, labs: [document, …] }`. */
export const jsonOfResults = (results: readonly Result[]): string =>
  print({ exitCode: exitCodeOfAll(results), counts: countResults(results), labs: results.map(resultOf) });

const print = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

const NO_TROUBLE = { bundle: null, error: null };

const resultOf = (result: Result) => {
  const { lab, started, seconds, found, bundle = null } = result;
  if ('report' in found) return { ...documentOf(found.report), ...NO_TROUBLE, bundle };
  const nothing = { counts: countVerdicts([]), requests: [], verdicts: [] };
  const { message, next = null } = found.trouble;
  return {
    lab,
    instance: result.kept ?? null,
    provider: null,
    started,
    seconds: toMilliseconds(seconds),
    exitCode: exitCodeOfAll([result]),
    ...nothing,
    diagnosis: null,
    bundle,
    error: { message, next },
  };
};

const documentOf = ({ lab, instance, provider, started, seconds, verdicts, bursts, diagnosis }: Report) => ({
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
  diagnosis: diagnosis ? diagnosisDocument(instance, diagnosis) : null,
});

const burstOf = (burst: Burst) => ({
  client: burst.client,
  service: burst.service.name,
  vip: burst.service.vip,
  port: burst.service.port,
  wanted: burst.wanted,
  givenUp: burst.givenUp ?? null,
  answers: burst.requests.map((request) => answererOf(burst, request) ?? null),
  requests: burst.requests.map((request) => {
    const failure = failureOf(burst, request);
    return {
      number: request.number,
      answer: request.answer ?? null,
      status: request.status ?? null,
      failure: failure?.words ?? null,
      kind: failure?.kind ?? null,
      seconds: request.seconds,
      address: request.address ?? null,
      port: request.port ?? null,
    };
  }),
});

/** Rounds seconds: more digits are noise. */
const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

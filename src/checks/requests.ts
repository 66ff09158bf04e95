import type { Guest } from '../guest/guest.ts';
import type { Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import type { Burst, Request } from './observation.ts';

/** Seconds until a connection must stand, and until the page must be there: ample under emulation. */
const CONNECT_BUDGET = 3;
const REQUEST_BUDGET = 10;
/** A service that is dead is known to be after nine seconds; one that fails now and then is followed for longer. */
const FAILURES_IN_A_ROW = 3;
const FAILING_SECONDS = 45;

/** The part of a guest that making requests takes. */
export type Runner = Pick<Guest, 'run'>;

export interface BurstPlan {
  readonly client: string;
  readonly service: Service;
  readonly count: number;
  /** Of letters and digits; no other burst has it. */
  readonly token: string;
}

/**
 * Has the client request the service `count` times, one after the other, each over a connection of its own. A request
 * that fails is part of the result, with curl's reason; the burst is given up when it is hopeless.
 * @throws LabError when the client cannot be reached or its curl does not run.
 */
export const requestService = async (guest: Runner, plan: BurstPlan, signal?: AbortSignal): Promise<Burst> => {
  const requests: Request[] = [];
  let givenUp: string | undefined;
  while (requests.length < plan.count && !givenUp) {
    requests.push(...(await requestUntilFailure(guest, plan, requests.length + 1, signal)));
    givenUp = whyHopeless(requests);
  }
  return {
    client: plan.client,
    service: plan.service,
    wanted: plan.count,
    requests,
    ...(givenUp && requests.length < plan.count && { givenUp }),
  };
};

const whyHopeless = (requests: readonly Request[]): string | undefined => {
  const sinceAnswer = requests.length - 1 - requests.findLastIndex(({ failure }) => failure === undefined);
  if (sinceAnswer >= FAILURES_IN_A_ROW) return `${sinceAnswer} requests in a row failed`;
  const failing = requests.reduce((sum, { failure, seconds }) => (failure === undefined ? sum : sum + seconds), 0);
  return failing > FAILING_SECONDS ? `failed requests took ${Math.round(failing)} s` : undefined;
};

/**
 * One run of curl: the requests from `first` on, up to and with the first that fails. One process for many requests,
 * since starting one costs an emulated machine more than a request does.
 */
const requestUntilFailure = async (
  guest: Runner,
  { client, service, count, token }: BurstPlan,
  first: number,
  signal?: AbortSignal,
): Promise<Request[]> => {
  const tokens = Array.from({ length: count - first + 1 }, (_, index) => `${token}-${first + index}`);
  const mark = `@${token}`;
  const urls = tokens.map((each) => `http://${service.vip}:${service.port}/?lab=${each}`);
  const { stdout, stderr, exitCode } = await guest.run('curl -q -K -', {
    input: curlConfig(urls, mark),
    timeout: (tokens.length * REQUEST_BUDGET + 30) * 1000,
    ...(signal && { signal }),
  });
  const results = parseOutput(stdout, mark, exitCode);
  if (results.length < tokens.length && results.at(-1)?.failure === undefined) {
    throw new LabError({
      tried: `request ${service.name} from ${client}`,
      happened: `curl ended with exit code ${exitCode} after ${results.length} of ${tokens.length} requests: ${(stderr || stdout).trim() || 'no output'}`,
    });
  }
  return results.map((result, index) => ({ number: first + index, token: tokens[index] as string, ...result }));
};

/** Only options that curl 7.61 of EL 8 has too. */
const curlConfig = (urls: readonly string[], mark: string): string =>
  [
    'silent',
    'show-error',
    // curl's words stay beside the request they are about.
    'stderr = "-"',
    'fail-early',
    'ipv4',
    'noproxy = "*"',
    // A new connection for every request.
    'header = "Connection: close"',
    `connect-timeout = ${CONNECT_BUDGET}`,
    `max-time = ${REQUEST_BUDGET}`,
    `write-out = "\\n${mark} %{http_code} %{time_total} %{local_port} %{local_ip}\\n"`,
    ...urls.map((url) => `url = "${url}"`),
    '',
  ].join('\n');

type Result = Omit<Request, 'number' | 'token'>;

/**
 * Reads what curl wrote: for every request its page, then a line that begins with the mark. Only the last can have
 * failed; curl's words on it stand before or after that line, as its version has it.
 */
const parseOutput = (output: string, mark: string, exitCode: number): Result[] => {
  const parts = output.split(new RegExp(`\\n${mark} ([^\\n]*)\\n`));
  const pages = parts.filter((_, index) => index % 2 === 0);
  const lines = parts.filter((_, index) => index % 2 === 1);
  const words = pages
    .slice(-2)
    .join('\n')
    .match(/curl: \(\d+\) .*/)?.[0];
  return lines.map((line, index) => {
    const [status, seconds, port, address] = line.split(' ');
    const failure = exitCode !== 0 && index === lines.length - 1 ? words : undefined;
    return {
      ...(failure === undefined && { answer: firstLine(pages[index] ?? '') }),
      ...(Number(status) > 0 && { status: Number(status) }),
      ...(failure !== undefined && { failure }),
      seconds: Number(seconds),
      ...(address && { address, port: Number(port) }),
    };
  });
};

/** Enough of it to know the server, or to show that this is another page. */
const firstLine = (page: string): string => (page.trim().split('\n')[0] ?? '').trim().slice(0, 80);

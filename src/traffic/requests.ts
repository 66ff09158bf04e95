import { type AddressFamily, endpointOf, familyOfText } from '../lab/addresses.ts';
import { requestedAddress } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import type { BurstPlan, Runner } from './burst-plan.ts';
import { requestDatagrams } from './datagrams.ts';
import { curlFailure } from './failure.ts';
import type { Burst, Request } from './observation.ts';
import { FAILING_SECONDS, whyHopeless } from './patience.ts';
import { freshPorts } from './ports.ts';

/** Seconds until a connection must stand, and until the page must be there: ample under emulation. */
const CONNECT_BUDGET = 3;
const REQUEST_BUDGET = 10;

/**
 * Has the client request the service `count` times, one after the other: over TCP each over a connection of its own, over
 * UDP all from one socket. A request that fails is part of the result, with curl's reason; the burst is given up when it is hopeless.
 * @throws LabError when the client cannot be reached or its curl does not run.
 */
export const requestService = async (guest: Runner, plan: BurstPlan, signal?: AbortSignal): Promise<Burst> => {
  const { client, service, count: wanted } = plan;
  if (service.protocol === 'udp') return { client, service, wanted, ...(await requestDatagrams(guest, plan, signal)) };
  const requests: Request[] = [];
  let givenUp: string | undefined;
  while (requests.length < plan.count && !givenUp) {
    requests.push(...(await requestUntilFailure(guest, plan, requests.length + 1, signal)));
    givenUp = whyHopeless(requests, plan.patience ?? FAILING_SECONDS);
  }
  return {
    client: plan.client,
    service: plan.service,
    wanted: plan.count,
    requests,
    ...(givenUp && requests.length < plan.count && { givenUp }),
  };
};

/**
 * One run of curl: the requests from `first` on, up to and with the first that fails. One process for many requests,
 * since starting one costs an emulated machine more than a request does.
 */
const requestUntilFailure = async (
  guest: Runner,
  { client, service, count, token, path = '/' }: BurstPlan,
  first: number,
  signal?: AbortSignal,
): Promise<Request[]> => {
  const tokens = Array.from({ length: count - first + 1 }, (_, index) => `${token}-${first + index}`);
  const mark = `@${token}`;
  const urls = tokens.map(
    (each) =>
      `http://${endpointOf(requestedAddress(service), service.port)}${path}${path.includes('?') ? '&' : '?'}lab=${each}`,
  );
  const { stdout, stderr, exitCode } = await guest.run('curl -q -K -', {
    input: curlConfig(urls, mark, familyOfText(requestedAddress(service))),
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
const curlConfig = (urls: readonly string[], mark: string, family: AddressFamily): string => {
  const ports = freshPorts(urls.length);
  const transfers = urls.map((url, index) =>
    [
      'silent',
      'show-error',
      family.toLowerCase(),
      // Brackets around an IPv6 address are no pattern.
      'globoff',
      'noproxy = "*"',
      // A new connection for every request.
      'header = "Connection: close"',
      `local-port = "${ports[index]}"`,
      `connect-timeout = ${CONNECT_BUDGET}`,
      `max-time = ${REQUEST_BUDGET}`,
      `write-out = "\\n${mark} %{http_code} %{time_total} %{local_port} %{local_ip}\\n"`,
      `url = "${url}"`,
      '',
    ].join('\n'),
  );
  // curl's words stay beside the request they are about.
  return ['stderr = "-"\nfail-early\n', transfers.join('next\n')].join('');
};

type Result = Omit<Request, 'number' | 'token'>;

/**
 * Reads what curl wrote: for every request its page, then a line that begins with the mark. Only the last can have
 * failed; curl's words on it stand before or after that line, as its version has it, and after whatever there was of a
 * page. Its exit code is that of the request it ended with, by `fail-early`.
 */
const parseOutput = (output: string, mark: string, exitCode: number): Result[] => {
  const parts = output.split(new RegExp(`\\n${mark} ([^\\n]*)\\n`));
  const pages = parts.filter((_, index) => index % 2 === 0);
  const lines = parts.filter((_, index) => index % 2 === 1);
  const words = [
    ...pages
      .slice(-2)
      .join('\n')
      .matchAll(/curl: \(\d+\) .*/g),
  ].at(-1)?.[0];
  return lines.map((line, index) => {
    const [status, seconds, port, address] = line.split(' ');
    const isFailed = exitCode !== 0 && index === lines.length - 1 && words !== undefined;
    const failure = isFailed ? curlFailure(exitCode, words) : undefined;
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

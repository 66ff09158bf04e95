import { z } from 'zod';
import { endpointOf } from '../lab/addresses.ts';
import { requestedAddress, type Service } from '../lab/lab.ts';
import { shellQuote } from '../support/shell.ts';
import { counted } from '../support/words.ts';
import { type Evidence, fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, scopeOptions } from './judge.ts';

/** Seconds until an upload must be through, and bytes of it that no machine of a lab takes longer for. */
const BUDGET = 10;
const MOST_BYTES = 10_000_000;

const options = z.strictObject({
  bytes: z.int().min(1).max(MOST_BYTES).default(100_000).describe('Size of each upload in bytes.'),
  uploads: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe('Uploads per client and service; one for each real server if not given.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * Requests that are larger than a packet get through: full packets, which with a tunnel's header are longer than the
 * link can carry. The director asks for smaller ones (ICMP fragmentation needed), and the client must hear it. For TCP.
 *
 * Broken by a filter on the way that drops ICMP: small requests work, and uploads hang.
 */
export const upload: Check<Options> = {
  name: 'upload',
  summary: 'requests that are larger than a packet get through',
  options,
  disturbs: true,
  run: (context, given) => judgePairs(context, given, (client, service) => uploadOne(context, client, service, given)),
};

const uploadOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { bytes, uploads = service.realServers.length }: Options,
): Promise<Outcome> => {
  const guest = await context.guest(client);
  // Every upload is a process of its own, and so a connection of its own.
  const { stdout } = await guest.run(
    `for i in $(seq ${uploads}); do
  line=$(head -c ${bytes} /dev/zero | curl -q --globoff --silent --show-error --stderr - --noproxy '*' --max-time ${BUDGET} \\
    --header 'Expect:' --data-binary @- --write-out ' %{http_code} %{size_upload} %{time_total}' \\
    ${shellQuote(`http://${endpointOf(requestedAddress(service), service.port)}/`)} | tr '\\n' ' ')
  echo "upload $line"
  [[ $line =~ ' 200 ' ]] || break
done
ip route get ${requestedAddress(service)}`,
    { timeout: (uploads * BUDGET + 30) * 1000, ...(context.signal && { signal: context.signal }) },
  );
  const lines = stdout.trimEnd().split('\n');
  const isUpload = (line: string) => line.startsWith('upload ');
  return judgeUpload(
    bytes,
    lines.filter(isUpload).map((line) => line.slice('upload '.length)),
    lines.filter((line) => !isUpload(line)),
  );
};

/** @param lines for each upload, up to and with the first that failed: page or curl's words, then HTTP status, bytes and seconds. */
export const judgeUpload = (bytes: number, lines: readonly string[], route: readonly string[]): Outcome => {
  const evidence: Evidence[] = [
    { title: `uploads of ${bytes} bytes: answer, HTTP status, bytes sent, seconds`, lines },
    { title: 'the route to the VIP, with the path MTU that the client has learnt', lines: route },
  ];
  const lost = lines.findIndex((line) => !/ 200 \d+ [\d.]+\s*$/.test(line));
  if (lost >= 0)
    return fail(`upload ${lost + 1} of ${bytes} bytes did not get through: ${lines[lost]?.trim()}`, ...evidence);
  const mtu = /\bmtu (\d+)/.exec(route.join(' '))?.[1];
  return pass(
    `${counted(lines.length, 'upload')} of ${bytes} bytes got through${mtu ? `, with a path MTU of ${mtu}` : ''}`,
    ...evidence,
  );
};

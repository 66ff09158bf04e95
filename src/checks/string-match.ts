import { z } from 'zod';
import { describePacket } from '../capture/describe.ts';
import type { Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import { counted } from '../support/words.ts';
import { requestAgain } from '../traffic/again.ts';
import { seenWhile } from '../traffic/captures.ts';
import { type IpSighting, isRequestPacket, receivedBy } from '../traffic/connection.ts';
import type { Burst } from '../traffic/observation.ts';
import { type Evidence, fail, type Outcome, pass, skip } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, requestCount, scopeOptions } from './judge.ts';

const options = z.strictObject({
  requests: requestCount.default(4).describe('Requests with the string in their path.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * A rule that marks packets by a string in them picks no service, though it matches. IPVS chooses for a connection when
 * it sees the SYN, and a SYN has no payload: it goes to the service without a mark. The string comes three packets later,
 * when all is decided, and its mark is not heeded. Read off the wire, off the rule's counter and off who answered. For
 * services with a `string`.
 *
 * Broken by a rule that marks by what the SYN does have (addresses, ports), and by one that is not there.
 */
export const stringMatch: Check<Options> = {
  name: 'string-match',
  summary: 'a string in a request does not choose the service, since the SYN that does has no payload',
  options,
  run: (context, given) => judgePairs(context, given, (client, service) => matchOne(context, client, service, given)),
};

const matchOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { requests }: Options,
): Promise<Outcome> => {
  const string = service.fwmark?.string;
  if (string === undefined) return skip(`no packets get a mark of ${service.name} by a string`);
  const { segment, director } = service;
  const before = await hitsOf(context, service, string);
  const { value: burst, sightings } = await seenWhile(context, [{ node: director, segment }], () =>
    requestAgain(context, client, service, requests, { path: `/?file=${string}` }),
  );
  const after = await hitsOf(context, service, string);
  return judgeStringMatch(string, burst, after - before, receivedBy(context.lab, director, sightings));
};

/** How many packets the rule that looks for the string has marked. */
const hitsOf = async (context: CheckContext, { director }: Service, string: string): Promise<number> => {
  const guest = await context.guest(director);
  const { stdout } = await guest.must(
    `iptables -t mangle -nvxL PREROUTING | grep -F ${shellQuote(`STRING match  "${string}"`)} || true`,
  );
  return stdout
    .split('\n')
    .filter(Boolean)
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
};

/**
 * @param hits packets that the rule marked meanwhile
 * @param arrived all that arrived at the director meanwhile
 * @throws LabError when the packets of the requests were not seen, since then they tell nothing.
 */
export const judgeStringMatch = (
  string: string,
  burst: Burst,
  hits: number,
  arrived: readonly IpSighting[],
): Outcome => {
  const { service, requests } = burst;
  const own = service.realServers.map(({ node }) => node);
  const [first] = requests;
  const packets = first ? arrived.filter(({ ip }) => isRequestPacket(ip, burst, first)) : [];
  const payloadOf = ({ ip }: IpSighting): Buffer => ip.tcp?.payload ?? Buffer.alloc(0);
  const evidence: Evidence[] = [
    {
      title: `packets of the first request that arrived at ${service.director}`,
      columns: ['packet', 'bytes of payload', JSON.stringify(string)],
      rows: packets.map((sighting) => [
        describePacket(sighting.packet),
        String(payloadOf(sighting).length),
        payloadOf(sighting).includes(string) ? 'in it' : '',
      ]),
    },
    {
      title: 'who answered',
      lines: requests.map(
        ({ number, answer, failure }) => `request ${number}: ${failure?.words ?? answer ?? '(nobody)'}`,
      ),
    },
    { title: `packets that the rule for ${JSON.stringify(string)} marked`, lines: [String(hits)] },
  ];
  const chosen = requests.find(({ answer, failure }) => failure === undefined && own.includes(answer ?? ''));
  if (chosen)
    return fail(`request ${chosen.number} was answered by ${chosen.answer}: the mark did choose`, ...evidence);
  if (hits === 0) return fail(`no rule on ${service.director} marked a packet by the string ${string}`, ...evidence);
  const syn = packets.findIndex(({ ip }) => ip.tcp?.flags.syn);
  const holder = packets.findIndex((sighting) => payloadOf(sighting).includes(string));
  if (syn < 0 || holder < 0)
    throw new LabError({
      tried: `see the string ${string} on its way`,
      happened: `of the first request, ${service.director} was seen to receive ${counted(packets.length, 'packet')}, without the SYN or the string`,
    });
  const [size] = packets.slice(syn, syn + 1).map((sighting) => payloadOf(sighting).length);
  if (holder === syn) return fail(`the SYN itself holds ${JSON.stringify(string)}`, ...evidence);
  const others = [
    ...new Set(requests.map(({ answer, failure }) => (failure === undefined ? answer : undefined) ?? 'nobody')),
  ];
  return pass(
    `the rule marked ${counted(hits, 'packet')}, and chose nothing: the SYN had ${size} bytes of payload, ${JSON.stringify(string)} came in packet ${holder + 1}; answered by ${others.join(', ')}`,
    ...evidence,
  );
};

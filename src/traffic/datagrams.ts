import { requestedAddress } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import type { BurstPlan, Runner } from './burst-plan.ts';
import type { Failure, FailureKind } from './failure.ts';
import type { Request } from './observation.ts';
import { FAILING_SECONDS, FAILURES_IN_A_ROW, whyHopeless } from './patience.ts';

/** Seconds until an answer must be there. */
const ANSWER_BUDGET = 3;

/**
 * DNS queries from one socket, as a resolver sends them: IPVS takes datagrams from one port for one connection, unless it
 * schedules each (`ops`). Bash does it, since no client of DNS is on every machine, and dd, which writes a datagram whole
 * where bash would end one at each byte that is a line break. Each line it prints is a
 * request's number, seconds, and the four bytes of the address in the answer, if one came.
 */
const SCRIPT = `
exec 3<>"/dev/udp/$1/$2" || exit 9
inode=$(readlink /proc/self/fd/3 | tr -dc 0-9)
awk -v inode="$inode" '$10 == inode { print "socket", $2 }' /proc/net/udp
patience=$3
shift 3
number=0
missing=0
failing=0
for query; do
  number=$((number + 1))
  start=\${EPOCHREALTIME/./}
  printf "$query" | dd bs=512 count=1 iflag=fullblock status=none >&3
  answer=$(timeout ${ANSWER_BUDGET} dd bs=512 count=1 status=none <&3 | od -An -v -tu1 -w512)
  took=$((\${EPOCHREALTIME/./} - start))
  echo "answer $number $took $answer"
  if [[ $answer ]]; then missing=0; else missing=$((missing + 1)) failing=$((failing + took)); fi
  ((missing < ${FAILURES_IN_A_ROW} && failing <= patience)) || break
done
`;

/** The name that a query asks for, as DNS writes it in a packet: each part after its length. */
export const questionOf = (token: string): string => `${lengthOf(token)}${token}\x03lab\0`;

const lengthOf = (text: string): string => String.fromCharCode(text.length);

/** A query for the address of TOKEN.lab, for the printf of the shell. RFC 1035, section 4.1. */
const queryOf = (token: string, id: number): string => {
  const header = [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const bytes = [...header, ...Buffer.from(questionOf(token), 'latin1'), 0, 1, 0, 1];
  return bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
};

/** What one run of queries found: the answered address instead of the server's name. */
export const requestDatagrams = async (
  guest: Runner,
  { client, service, count, token, patience = FAILING_SECONDS }: BurstPlan,
  signal?: AbortSignal,
): Promise<{ requests: Request[]; givenUp?: string }> => {
  const tokens = Array.from({ length: count }, (_, index) => `${token}-${index + 1}`);
  const queries = tokens.map((each, index) => queryOf(each, index + 1));
  const words = [requestedAddress(service), String(service.port), String(patience * 1e6), ...queries];
  const { stdout, stderr, exitCode } = await guest.run(`bash -s -- ${words.map(shellQuote).join(' ')}`, {
    input: SCRIPT,
    timeout: (count * ANSWER_BUDGET + 30) * 1000,
    ...(signal && { signal }),
  });
  const lines = stdout.split('\n');
  const socket = lines.map((line) => /^socket (\w{8}):(\w{4})$/.exec(line)).find(Boolean);
  if (exitCode !== 0 || !socket) {
    throw new LabError({
      tried: `request ${service.name} from ${client}`,
      happened: `bash ended with exit code ${exitCode}: ${(stderr || stdout).trim() || 'no output'}`,
    });
  }
  const end = { address: addressOf(socket[1] as string), port: Number.parseInt(socket[2] as string, 16) };
  const names = new Map(service.realServers.map(({ address, node }) => [address, node]));
  const requests = lines.flatMap((line): Request[] => {
    const [, number, microseconds, bytes] = /^answer (\d+) (\d+) *(.*)$/.exec(line) ?? [];
    if (number === undefined) return [];
    const said = judgeAnswer(Number(number), (bytes ?? '').trim().split(/ +/).filter(Boolean).map(Number));
    const answer = said.answer === undefined ? undefined : (names.get(said.answer) ?? said.answer);
    return [
      {
        number: Number(number),
        token: tokens[Number(number) - 1] as string,
        ...(answer !== undefined && { answer }),
        ...(said.failure !== undefined && { failure: said.failure }),
        seconds: Number(microseconds) / 1e6,
        ...end,
      },
    ];
  });
  const givenUp = requests.length < count ? whyHopeless(requests, patience) : undefined;
  return { requests, ...(givenUp !== undefined && { givenUp }) };
};

/** The address in a DNS answer: its last four bytes, where it has one record and no more. */
const judgeAnswer = (id: number, bytes: readonly number[]): { answer?: string; failure?: Failure } => {
  if (bytes.length === 0) return lost('no-answer', `no answer within ${ANSWER_BUDGET} s`);
  if ((bytes[0] as number) * 256 + (bytes[1] as number) !== id) return lost('bad-answer', 'an answer to another query');
  if (bytes.length < 16 || bytes[7] !== 1)
    return lost('bad-answer', `an answer without an address (code ${(bytes[3] ?? 0) & 15})`);
  return { answer: bytes.slice(-4).join('.') };
};

const lost = (kind: FailureKind, words: string): { failure: Failure } => ({ failure: { kind, words } });

/** `192.168.1.200` of `C801A8C0`: the kernel prints an address as a number of the machine's own byte order. */
const addressOf = (hex: string): string => [...Buffer.from(hex, 'hex')].reverse().join('.');

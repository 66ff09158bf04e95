import type { LabAccess } from '../guest/access.ts';
import { requestedAddress, type Service } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import { shellQuote } from '../support/shell.ts';
import { type Evidence, fail, type Outcome } from '../verdicts/verdict.ts';

/** Seconds that a client waits for an answer on a connection, and for the word to ask again. */
const ANSWER_BUDGET = 10;
const HOLD_BUDGET = 120;

/**
 * A client that opens connections, asks once over each, keeps them open, and asks again over the same ones when it is
 * told: bash alone, as on every machine. Each line it prints is a connection's round and number, and the first line of
 * the page, or a dash.
 */
const SCRIPT = `
ask() {
  local fd=$1 header length=0 page=
  printf 'GET / HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$vip" >&"$fd" || return
  while IFS= read -r -t ${ANSWER_BUDGET} header <&"$fd"; do
    header=\${header%$'\\r'}
    [[ $header ]] || break
    [[ \${header,,} == content-length:* ]] && length=\${header##* }
  done
  ((length > 0)) && IFS= read -r -t ${ANSWER_BUDGET} -N "$length" page <&"$fd"
  printf %s "\${page%%$'\\n'*}"
}
dir=$1 vip=$2 port=$3 count=$4
# Gives up on a connection that nobody answers after three seconds, not after two minutes.
retries=$(< /proc/sys/net/ipv4/tcp_syn_retries)
trap 'echo "$retries" > /proc/sys/net/ipv4/tcp_syn_retries' EXIT
echo 1 > /proc/sys/net/ipv4/tcp_syn_retries
trap '' PIPE
fds=()
for ((i = 1; i <= count; i++)); do
  fd=
  exec {fd}<>"/dev/tcp/$vip/$port" 2> /dev/null
  fds+=("$fd")
  page=
  [[ $fd ]] && page=$(ask "$fd" 2> /dev/null)
  echo "1 $i \${page:--}"
  # One that is not answered decides: others would only take as long.
  [[ $page ]] || break
done
count=\${#fds[@]}
echo "$retries" > /proc/sys/net/ipv4/tcp_syn_retries
ss -Htn state established dst "$vip" dport = ":$port" | while read -r _ _ local _; do echo "from $local"; done
echo held
for ((waited = 0; waited < ${HOLD_BUDGET * 10}; waited++)); do
  [[ -e $dir/go ]] && break
  sleep 0.1
done
for ((i = 1; i <= count; i++)); do
  fd=\${fds[i - 1]} page=
  [[ $fd ]] && page=$(ask "$fd" 2> /dev/null)
  echo "2 $i \${page:--}"
done
echo done
`;

/** A connection that was held open: who answered at first, and who answered over it later; absent when nobody did. */
export interface Held {
  readonly before?: string;
  readonly after?: string;
}

/** Connections of a client that stay open until `again` asks over each once more. */
export interface HeldConnections {
  /** Who answered over each when it was opened; none is opened after the first that was not answered. */
  readonly before: readonly (string | undefined)[];
  /** The client's end of each that is open, as `ipvsadm -lnc` has it: `203.0.113.10:48922`. */
  readonly sources: readonly string[];
  /** Asks over each once more, and ends them. */
  again(): Promise<Held[]>;
}

/**
 * Has a client open connections to a service and keep them open.
 * @throws LabError when the client cannot do so at all; connections that are refused are part of the result.
 */
export const holdConnections = async (
  context: LabAccess,
  client: string,
  service: Service,
  count: number,
): Promise<HeldConnections> => {
  const guest = await context.guest(client);
  const signal = context.signal && { signal: context.signal };
  const args = [requestedAddress(service), String(service.port), String(count)].map(shellQuote).join(' ');
  const opening = await guest.run(
    `dir=$(mktemp -d) && cat > "$dir/hold" && echo "$dir"
setsid bash "$dir/hold" "$dir" ${args} > "$dir/log" 2>&1 < /dev/null &
${waitFor('held', 10 * count * ANSWER_BUDGET)}`,
    { input: SCRIPT, timeout: (count * ANSWER_BUDGET + 30) * 1000, ...signal },
  );
  const [dir = '', ...log] = opening.stdout.split('\n');
  const tried = log.filter((line) => /^1 \d+ /.test(line)).length;
  const before = parse(log, 1, Math.min(tried, count));
  if (!log.includes('held') || !dir.startsWith('/')) {
    throw new LabError({
      tried: `hold ${count} connections from ${client} to ${service.name}`,
      happened: (opening.stderr || opening.stdout).trim() || 'it printed nothing',
    });
  }
  return {
    before,
    sources: log.flatMap((line) => line.match(/^from (.*)$/)?.[1] ?? []),
    again: async () => {
      const { stdout } = await guest.run(
        `dir=${shellQuote(dir)}; touch "$dir/go"
${waitFor('done', 10 * count * ANSWER_BUDGET)}
rm -r "$dir"`,
        { timeout: (count * ANSWER_BUDGET + 30) * 1000, ...signal },
      );
      return parse(stdout.split('\n'), 2, before.length).map((after, index) => ({
        ...(before[index] !== undefined && { before: before[index] }),
        ...(after !== undefined && { after }),
      }));
    },
  };
};

/** Waits for a line of the log, for at most so many tenths of a second, and prints the log. */
const waitFor = (line: string, tenths: number): string =>
  `for ((i = 0; i < ${tenths}; i++)); do grep -qsx ${line} "$dir/log" && break; sleep 0.1; done; cat "$dir/log"`;

const parse = (log: readonly string[], round: number, count: number): (string | undefined)[] => {
  const answers = new Map(
    log.flatMap((line): [number, string][] => {
      const [, number, answer] = new RegExp(`^${round} (\\d+) (.+)$`).exec(line) ?? [];
      return number === undefined || answer === undefined || answer === '-' ? [] : [[Number(number), answer]];
    }),
  );
  return Array.from({ length: count }, (_, index) => answers.get(index + 1));
};

export const heldEvidence = (held: readonly Held[]): Evidence => ({
  title: 'held connections',
  columns: ['connection', 'answered at first by', 'later by'],
  rows: held.map(({ before, after }, index) => [String(index + 1), before ?? '(nobody)', after ?? '(nobody)']),
});

/** What is wrong with the connections that were held; undefined when the same server answered over each again. */
export const heldProblem = (held: readonly Held[]): string | undefined => {
  const unborn = held.findIndex(({ before }) => before === undefined);
  if (unborn >= 0) return `connection ${unborn + 1} was not answered when it was opened`;
  const lost = held.filter(({ after }) => after === undefined);
  const first = held.findIndex(({ after }) => after === undefined);
  if (first >= 0)
    return `${lost.length} of ${held.length} held connections did not survive: the first is connection ${first + 1}, to ${held[first]?.before}`;
  const moved = held.findIndex(({ before, after }) => before !== after);
  if (moved >= 0)
    return `connection ${moved + 1} was answered by ${held[moved]?.before} at first, and by ${held[moved]?.after} later`;
  return undefined;
};

/** The outcome of a check when connections were not even answered when they were opened; ends those that were. */
export const whyUnborn = async (connections: HeldConnections): Promise<Outcome | undefined> => {
  if (connections.before.every((answer) => answer !== undefined)) return undefined;
  const held = await connections.again();
  return fail(heldProblem(held) ?? 'not all connections were answered when they were opened', heldEvidence(held));
};

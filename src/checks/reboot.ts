import { z } from 'zod';
import { comesToRest, restConditions } from '../ipvs/at-rest.ts';
import { SAVE } from '../ipvs/ipvsadm.ts';
import { counted } from '../support/words.ts';
import { requestAgain } from '../traffic/again.ts';
import { answerEvidence, summarizeUnanswered } from '../traffic/answers.ts';
import type { Burst } from '../traffic/observation.ts';
import { pairsIn } from '../traffic/scope.ts';
import { type Evidence, fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { scopeOptions } from './judge.ts';

const options = z.strictObject({
  nodes: z.array(z.string()).min(1).optional().describe('The nodes to reboot, all at once; every node if not given.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/** What a lab sets up on a node, in lines that are the same whenever the state is. */
const STATE = `
ip -o address show | awk '$2 !~ /^eth0|^lo$/ || $4 !~ /^(127|10\\.0\\.2)\\./ { print "address", $2, $3, $4 }' | grep -v fe80:
ip route | sed 's/^/route /'
ip -6 route | grep -vE 'fe80|eth0| lo ' | sed 's/^/route /'
ip rule | sed 's/^/rule /'
{ ${SAVE}; } 2> /dev/null | sed 's/^/ipvsadm /'
{ arptables-save; } 2> /dev/null | grep '^-A' | sed 's/^/arptables /'
{ iptables-save; } 2> /dev/null | grep '^-A' | sed 's/^/iptables /'
sysctl -a 2> /dev/null | grep -E '(arp_ignore|arp_announce|rp_filter|ip_forward|conf.all.forwarding|conn_reuse_mode) =' | grep -vE '\\.(eth[0-9]+|lo|gre0|gretap0|erspan0|ip_vti0)\\.' | sed 's/^/sysctl /'
`;

/**
 * All that a node was set up with is in force again after it rebooted: addresses, routes, rules, filters, the sysctls
 * that matter, the director's table; and every request is answered as before. What is gone or new is named line by line.
 *
 * Broken by whatever was done by hand and not made to last, and by a boot unit that is not enabled or fails.
 */
export const reboot: Check<Options> = {
  name: 'reboot',
  summary: 'all is in force again after the machines rebooted',
  options,
  disturbs: true,
  nodes: ({ nodes = [] }) => nodes,
  about: (given, touched) => {
    const nodes = given.nodes?.filter((node) => touched.includes(node)) ?? [...touched];
    return nodes.length > 0 ? { ...given, nodes } : given;
  },
  run: async (context, given) => {
    const nodes = given.nodes ?? context.lab.nodes.map(({ name }) => name);
    const before = await statesOf(context, nodes);
    await Promise.all(nodes.map(async (node) => (await context.guest(node)).reboot()));
    await Promise.all([...restConditions(context.lab)].map((each) => comesToRest(context, ...each)));
    context.signal?.throwIfAborted();
    const after = await statesOf(context, nodes);
    const bursts: Burst[] = [];
    for (const { client, service } of pairsIn(context, given)) {
      bursts.push(await requestAgain(context, client, service, 2 * service.realServers.length));
    }
    return judgeReboot(before, after, bursts);
  },
};

/** Lines of state by node. */
export type States = ReadonlyMap<string, readonly string[]>;

const statesOf = async (context: CheckContext, nodes: readonly string[]): Promise<States> =>
  new Map(
    await Promise.all(
      nodes.map(async (node) => {
        const { stdout } = await (await context.guest(node)).run(STATE);
        return [node, stdout.split('\n').filter(Boolean).sort()] as const;
      }),
    ),
  );

export const judgeReboot = (before: States, after: States, bursts: readonly Burst[]): Outcome => {
  const changes = [...before].flatMap(([node, lines]) => {
    const now = after.get(node) ?? [];
    return [
      ...lines.filter((line) => !now.includes(line)).map((line) => `${node}: - ${line}`),
      ...now.filter((line) => !lines.includes(line)).map((line) => `${node}: + ${line}`),
    ];
  });
  const evidence: Evidence[] = [
    { title: 'state that is gone (-) or new (+) after the reboot', lines: changes },
    ...bursts.map((burst) => ({
      ...answerEvidence(burst),
      title: `answers of ${burst.service.name} after the reboot`,
    })),
  ];
  const [first] = changes;
  if (first) {
    const others = changes.length === 1 ? '' : ` (and ${changes.length - 1} more)`;
    return fail(
      `after the reboot ${first.replace(': - ', ' lacks: ').replace(': + ', ' has: ')}${others}`,
      ...evidence,
    );
  }
  for (const burst of bursts) {
    const unanswered = summarizeUnanswered(burst);
    if (unanswered)
      return fail(`after the reboot, ${burst.service.name} from ${burst.client}: ${unanswered}`, ...evidence);
  }
  const lines = [...before.values()].reduce((sum, { length }) => sum + length, 0);
  return pass(
    `${counted(before.size, 'node')} rebooted, and ${counted(lines, 'line')} of state are as before`,
    ...evidence,
  );
};

import { z } from 'zod';
import { REAPPLY, type Service } from '../lab/lab.ts';
import { counted } from '../support/words.ts';
import { type Held, heldEvidence, heldProblem, holdConnections, whyUnborn } from '../traffic/held.ts';
import { fail, type Outcome, pass } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import { judgePairs, scopeOptions } from './judge.ts';

const options = z.strictObject({
  connections: z.int().min(1).max(100).default(4).describe('How many connections each client holds.'),
  during: z
    .record(z.string(), z.string().min(1).max(2000))
    .optional()
    .describe(
      `Shell command lines, by the node that root runs them on, that connections have to survive; \`${REAPPLY}\` on the director, which builds its table anew, if not given.`,
    ),
  after: z
    .record(z.string(), z.string().min(1).max(2000))
    .optional()
    .describe('Shell command lines, by node, that undo those of `during` once the check is over.'),
  ...scopeOptions,
});
type Options = z.infer<typeof options>;

/**
 * Connections that clients hold open live through what is done to the director: the same real server answers over each
 * of them before and after it. For TCP.
 *
 * Broken by a table of connections that is lost (a director that takes over without connection sync, a module that is
 * reloaded), and by a real server that is gone.
 */
export const connectionSurvives: Check<Options> = {
  name: 'connection-survives',
  summary: 'connections that clients hold open live through what is done to the director',
  options,
  disturbs: true,
  nodes: ({ during = {}, after = {} }) => [...Object.keys(during), ...Object.keys(after)],
  run: (context, given) => judgePairs(context, given, (client, service) => surviveOne(context, client, service, given)),
};

const surviveOne = async (
  context: CheckContext,
  client: string,
  service: Service,
  { connections, during = { [service.director]: REAPPLY }, after = {} }: Options,
): Promise<Outcome> => {
  const held = await holdConnections(context, client, service, connections);
  const unborn = await whyUnborn(held);
  if (unborn) return unborn;
  try {
    await runAll(context, during);
    return judgeSurvival(await held.again(), during);
  } finally {
    await runAll(context, after);
  }
};

const runAll = async (context: CheckContext, commands: Readonly<Record<string, string>>): Promise<void> => {
  for (const [node, command] of Object.entries(commands)) await (await context.guest(node)).must(command);
};

export const judgeSurvival = (held: readonly Held[], during: Readonly<Record<string, string>>): Outcome => {
  const done = Object.entries(during).map(([node, command]) => `\`${command}\` on ${node}`);
  const problem = heldProblem(held);
  return problem
    ? fail(`${problem}; what they went through: ${done.join(', ')}`, heldEvidence(held))
    : pass(`${counted(held.length, 'held connection')} survived ${done.join(', ')}`, heldEvidence(held));
};

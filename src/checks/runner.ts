import { randomBytes } from 'node:crypto';
import type { LabAccess } from '../guest/access.ts';
import { comesToRest, restConditions } from '../ipvs/at-rest.ts';
import { CONNECTIONS, LIST } from '../ipvs/ipvsadm.ts';
import { type CheckSpec, directorsOf, type Lab } from '../lab/lab.ts';
import { LabError } from '../support/errors.ts';
import type { Burst } from '../traffic/observation.ts';
import { observe, type Wanted } from '../traffic/observe.ts';
import { clientsIn, requestedIn, type Scope, servicesIn } from '../traffic/scope.ts';
import type { Evidence, Outcome, Verdict } from '../verdicts/verdict.ts';
import type { Check, CheckContext } from './check.ts';
import type { Checks } from './registry.ts';

export type CheckEvent =
  | { readonly type: 'requests'; readonly client: string; readonly service: string; readonly count: number }
  | { readonly type: 'answers'; readonly burst: Burst }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

export interface CheckRun {
  /** In the order in which the checks were given. */
  readonly verdicts: readonly Verdict[];
  /** The requests that were made, and who answered them. */
  readonly bursts: readonly Burst[];
}

/**
 * The checks to run on a lab: all that its file asks for, or of the named ones those it asks for, with its options;
 * a named check that the file does not ask for runs with the defaults.
 * @throws LabError on a name that is no check.
 */
export const selectChecks = (checks: Checks, lab: Lab, names: readonly string[] = []): readonly CheckSpec[] => {
  if (names.length === 0) return lab.checks;
  return [...new Set(names)].flatMap((name) => {
    const asked = lab.checks.filter((spec) => spec.name === name);
    return asked.length > 0 ? asked : [{ name: checks.named(name).name, options: {} }];
  });
};

/**
 * Runs checks on a running lab. The requests are made once and seen by all checks, which then judge side by side; those
 * that disturb the lab come after, one at a time. What a check could not look at is an `error` in its verdict, never an
 * exception.
 * @throws LabError on a check that does not exist; whatever `access.signal` was aborted with.
 */
export const runChecks = async (
  checks: Checks,
  access: LabAccess,
  specs: readonly CheckSpec[],
  onEvent: (event: CheckEvent) => void = () => undefined,
): Promise<CheckRun> => {
  const asked = specs.map((spec) => {
    const check = checks.named(spec.name);
    return { check, options: check.options.parse(spec.options) };
  });
  const labels = labelsOf(specs);
  const observation = await observe(access, wantedBy(access.lab, asked), {
    packets: asked.some(({ check }) => check.packets),
    token: randomBytes(4).toString('hex'),
    onStart: ({ client, service, count }) => onEvent({ type: 'requests', client, service: service.name, count }),
    onBurst: (burst) => onEvent({ type: 'answers', burst }),
  });
  const context: CheckContext = {
    lab: access.lab,
    guest: (node) => access.guest(node),
    capture: (node, segment) => access.capture(node, segment),
    ...(access.signal && { signal: access.signal }),
    ...(access.patience !== undefined && { patience: access.patience }),
    observation,
  };
  const tables = directorTables(access);
  const verdictOf = async ({ check, options }: Asked, index: number): Promise<Verdict> => {
    const verdict = await judge(check, options, context, tables, labels[index] ?? check.name);
    onEvent({ type: 'verdict', verdict });
    return verdict;
  };
  const looking = Promise.all(asked.map((each, index) => (each.check.disturbs ? undefined : verdictOf(each, index))));
  const verdicts: Verdict[] = [];
  let disturbed: Verdict | undefined;
  for (const [index, seen] of (await looking).entries()) {
    access.signal?.throwIfAborted();
    if (disturbed?.status === 'pass' && !seen) await rest(access);
    const verdict = seen ?? (await verdictOf(asked[index] as Asked, index));
    if (!seen) disturbed = verdict;
    verdicts.push(verdict);
  }
  access.signal?.throwIfAborted();
  return { verdicts, bursts: observation.made };
};

/**
 * What a check disturbed it has mended, and it has seen requests answered: by the director that has the VIP. The standby
 * asks the real servers at intervals of its own. The next check finds the lab as the first one did.
 */
const rest = async (access: LabAccess): Promise<void> => {
  await Promise.all([...restConditions(access.lab)].map((each) => comesToRest(access, ...each)));
};

/** What tells checks apart: the name, and the services of one that is asked for more than once. */
export const labelsOf = (specs: readonly CheckSpec[]): string[] =>
  specs.map(({ name, options }) => {
    const alone = specs.filter((spec) => spec.name === name).length === 1;
    const { services } = options as Scope;
    return alone || !services ? name : `${name}/${services.join(',')}`;
  });

/** Whether a check changes the lab while it runs. @throws LabError on a name that is no check. */
export const disturbs = (checks: Checks, { name }: CheckSpec): boolean => checks.named(name).disturbs ?? false;

/**
 * The check as it is enough where nothing but these nodes was touched; its name and its options as they are where it
 * always looks at all.
 * @throws LabError on a name that is no check.
 */
export const about = (checks: Checks, spec: CheckSpec, touched: readonly string[]): CheckSpec => {
  const check = checks.named(spec.name);
  return check.about ? { ...spec, options: { ...check.about(check.options.parse(spec.options), touched) } } : spec;
};

interface Asked {
  readonly check: Check<Scope>;
  readonly options: Scope;
}

/** For every client and service as many requests as the check wants that wants the most. */
const wantedBy = (lab: Lab, asked: readonly Asked[]): Wanted[] =>
  lab.services.flatMap((service) =>
    lab.clients.flatMap((client) => {
      const counts = asked.map(({ check, options }) =>
        service.clients.includes(client) && concerns(lab, options, client, service.name)
          ? (check.requests?.(options, service) ?? 0)
          : 0,
      );
      const count = Math.max(0, ...counts);
      return count > 0 ? [{ client, service, count }] : [];
    }),
  );

const concerns = (lab: Lab, scope: Scope, client: string, service: string): boolean =>
  clientsIn(lab, scope).includes(client) && requestedIn(lab, scope).some(({ name }) => name === service);

const judge = async (
  check: Check<Scope>,
  options: Scope,
  context: CheckContext,
  tables: (scope: Scope) => Promise<Evidence[]>,
  label: string,
): Promise<Verdict> => {
  const start = performance.now();
  const outcome = await check.run(context, options).catch(asError);
  const evidence = [...outcome.evidence];
  if (outcome.status === 'fail' && check.requests) evidence.push(...(await tables(options)));
  return { check: label, ...outcome, evidence, seconds: (performance.now() - start) / 1000 };
};

/** An error that is not for users is a defect of this program, and its stack is what mends it. */
const asError = (error: unknown): Outcome => {
  if (!(error instanceof LabError)) {
    const lines = String(error instanceof Error ? error.stack : error).split('\n');
    return { status: 'error', summary: `the check broke: ${lines[0]}`, evidence: [{ title: 'stack', lines }] };
  }
  const [summary = '', ...rest] = error.message.split('\n');
  const lines = [...rest, ...(error.next ? [error.next] : [])];
  return { status: 'error', summary, evidence: lines.length > 0 ? [{ title: 'error', lines }] : [] };
};

/** Reads what a director has in its tables, once for all checks that fail, and only then. */
const directorTables = (access: LabAccess) => {
  const read = new Map<string, Promise<Evidence>>();
  return (scope: Scope): Promise<Evidence[]> => {
    const directors = new Set(servicesIn(access.lab, scope).flatMap(directorsOf));
    return Promise.all(
      [...directors].map((director) => {
        const table = read.get(director) ?? readTable(access, director);
        read.set(director, table);
        return table;
      }),
    );
  };
};

/** Connections of a director's table that are shown: those of earlier runs stay in it for two minutes. */
const CONNECTIONS_SHOWN = 20;

const readTable = async (access: LabAccess, director: string): Promise<Evidence> => {
  const title = `tables of ${director} (${LIST}, the first of ${CONNECTIONS})`;
  try {
    const guest = await access.guest(director);
    const { stdout, stderr } = await guest.run(
      `${LIST}; ${CONNECTIONS} | head -n ${CONNECTIONS_SHOWN + 2}`,
      access.signal && { signal: access.signal },
    );
    return { title, lines: (stdout + stderr).trimEnd().split('\n') };
  } catch (error) {
    return { title, lines: [`could not be read: ${error instanceof Error ? error.message : error}`] };
  }
};

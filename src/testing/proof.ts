import type { CheckSpec, Sabotage } from '../lab/lab.ts';
import type { Scope } from '../traffic/scope.ts';
import { type Evidence, fail, isRed, type Outcome, pass, type Verdict } from '../verdicts/verdict.ts';

/** Whether a sabotage has to turn a check red: named as a whole, or by one of the services that it looks at. */
export const turnsRed = ({ red }: Sabotage, { name, options }: CheckSpec): boolean =>
  red.includes(name) || ((options as Scope).services ?? []).some((service) => red.includes(`${name}/${service}`));

/** A check and what it found. */
export interface Judged {
  readonly spec: CheckSpec;
  readonly verdict: Verdict;
}

/**
 * Whether a sabotage proves its checks: while the lab was broken, they failed and all others did not; mended, none
 * fails.
 */
export const judgeSabotage = (sabotage: Sabotage, broken: readonly Judged[], mended: readonly Verdict[]): Outcome => {
  const evidence: Evidence[] = [
    commands('what broke it', sabotage.break),
    verdictTable(
      'while it was broken',
      broken.map(({ verdict }) => verdict),
    ),
    commands('what mended it', sabotage.undo),
    verdictTable('after it was mended', mended),
  ];
  const odd = broken.find(({ verdict }) => verdict.status === 'error');
  if (odd) return { status: 'error', summary: told('could not look', odd.verdict), evidence };
  const blind = broken.find(({ spec, verdict }) => turnsRed(sabotage, spec) && verdict.status !== 'fail');
  if (blind) return fail(told('did not fail', blind.verdict), ...evidence);
  const stray = broken.find(({ spec, verdict }) => !turnsRed(sabotage, spec) && verdict.status === 'fail');
  if (stray) return fail(told('failed as well', stray.verdict), ...evidence);
  const stuck = mended.find(isRed);
  if (stuck) return fail(told('is still red after all was mended', stuck), ...evidence);
  const red = broken.filter(({ verdict }) => verdict.status === 'fail').map(({ verdict }) => verdict.check);
  return pass(`${sabotage.summary}: ${red.join(', ')} red, nothing else; mended, all green`, ...evidence);
};

const told = (what: string, { check, summary }: Verdict): string => `${check} ${what}: ${summary}`;

const commands = (title: string, lines: Sabotage['break']): Evidence => ({
  title,
  lines: lines.map(({ node, command }) => `${node}# ${command}`),
});

const verdictTable = (title: string, verdicts: readonly Verdict[]): Evidence => ({
  title,
  columns: ['', 'check', 'found'],
  rows: verdicts.map(({ status, check, summary }) => [status.toUpperCase(), check, summary]),
});

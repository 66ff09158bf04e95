import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import type { FaultAccess, FaultKind, FaultOption, FaultRequest } from './fault.ts';
import { type Kill, kill } from './kill.ts';
import { type LinkDown, link } from './link.ts';
import { type Netem, netem } from './netem.ts';
import { type Partition, partition } from './partition.ts';
import { type Pause, pause } from './pause.ts';
import { type ServiceStop, service } from './service.ts';
import { faultWords } from './words.ts';

/** A disturbance of a running lab that can be undone. */
export type Fault = Kill | Pause | Partition | LinkDown | Netem | ServiceStop;

/** In the order in which they are undone: a guest is asked only when its machine runs. */
const KINDS: { [K in Fault['kind']]: FaultKind<Extract<Fault, { kind: K }>> } = {
  pause,
  kill,
  link,
  partition,
  netem,
  service,
};

/** As its help shows them. */
const SHOWN = [kill, pause, partition, link, netem, service] as unknown as readonly FaultKind<Fault>[];

/** How far the words of a fault reach in the help, and what stands between them and what they do. */
const WIDTH = 3 + Math.max(...SHOWN.map(({ usage: [words] }) => words.length));

/** The words that `lab fault INSTANCE` takes, as its help shows them. */
export const FAULT_USAGE = SHOWN.map(({ usage: [words, what] }) => `${words.padEnd(WIDTH)}${what}`).join('\n');

/** The options of the kinds that have some. */
export const FAULT_OPTIONS: readonly { readonly kind: string; readonly options: readonly FaultOption[] }[] =
  SHOWN.flatMap(({ kind, options }) => (options ? [{ kind, options }] : []));

/** @throws LabError, exit code 2, with what the words could be. */
export const parseFault = (
  lab: Lab,
  family: Family,
  words: readonly string[],
  options: Readonly<Record<string, unknown>>,
): FaultRequest<Fault> => {
  const [first = ''] = words;
  const wrong = (happened: string) => wrongWords(first, happened);
  // Options that belong to another kind of fault would do nothing.
  for (const { kind, options: known } of FAULT_OPTIONS) {
    const stray = known.find(({ name }) => options[name] !== undefined);
    if (stray && kind !== first) throw wrong(`--${stray.name} is for ${kind}`);
  }
  const asked = SHOWN.find(({ kind, undoneBy }) => first === kind || first === undoneBy);
  if (asked) return asked.parse(faultWords({ lab, family, options, wrong }, words));
  const near = nearest(first, [...Object.keys(KINDS), ...SHOWN.flatMap(({ undoneBy }) => undoneBy ?? [])]);
  throw wrong(near ? `there is no such fault; did you mean ${near}?` : 'there is no such fault');
};

const wrongWords = (kind: string, happened: string): LabError =>
  new LabError({
    tried: `make a fault${kind === '' ? '' : `: ${kind}`}`,
    happened,
    next: `write it as one of these:\n${FAULT_USAGE.replace(/^/gm, '    ')}`,
    exitCode: ExitCode.usage,
  });

export const describeFault = (fault: Fault): string => kindOf(fault).describe(fault);
export const applyFault = (access: FaultAccess, fault: Fault): Promise<void> => kindOf(fault).apply(access, fault);
export const undoFault = (access: FaultAccess, fault: Fault): Promise<void> => kindOf(fault).undo(access, fault);

/** Whether two are the same disturbance of the same thing, whatever its measure. */
export const sameTarget = (one: Fault, other: Fault): boolean => targetOf(one) === targetOf(other);

const targetOf = (fault: Fault): string => [fault.kind, ...kindOf(fault).target(fault)].join(' ');

/** Sorts faults so that each can be undone when those before it are. */
export const inOrderOfUndoing = <T extends { readonly fault: Fault }>(records: readonly T[]): T[] => {
  const order = Object.keys(KINDS);
  return records.toSorted((a, b) => order.indexOf(a.fault.kind) - order.indexOf(b.fault.kind));
};

const kindOf = (fault: Fault): FaultKind<Fault> => KINDS[fault.kind] as unknown as FaultKind<Fault>;

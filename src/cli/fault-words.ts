import type { Fault } from '../faults/fault.ts';
import { FAULT_KINDS } from '../faults/faults.ts';
import { NETEM_SETTINGS, netemSettings } from '../faults/netem-settings.ts';
import { unitsOf } from '../faults/service.ts';
import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { linkIn } from './nics.ts';
import { nodeIn } from './nodes.ts';

/** What the words of a fault on the command line ask for: to make one, or to undo one. */
export interface FaultRequest {
  readonly fault: Fault;
  readonly undo: boolean;
}

/** The words that `lab fault INSTANCE` takes, as its help shows them. */
export const FAULT_USAGE = `kill NODE                      take its power away
pause NODE, resume NODE        have it stand still, and go on
partition NODE NODE            the two do not hear each other
link NODE SEGMENT down|up      pull its cable out, and put it in
netem NODE SEGMENT --delay …   disturb what it sends there: see the options
service NODE stop|start        its web or DNS server, or keepalived`;

/** @throws LabError, exit code 2, with what the words could be. */
export const parseFault = (
  lab: Lab,
  family: Family,
  [kind = '', ...words]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): FaultRequest => {
  const node = (index: number): string => nodeIn(lab, word(index));
  const word = (index: number): string => {
    const given = words[index];
    if (given !== undefined) return given;
    throw wrong(kind, `words are missing after ${[kind, ...words].join(' ')}`);
  };
  const only = (count: number): void => {
    if (words.length > count) throw wrong(kind, `${words.slice(count).join(' ')}: what is that for?`);
  };
  const link = (name: string, segment: string) => ({ node: name, segment: linkIn(lab, name, segment) });
  refuseOthers(kind, options);
  switch (kind) {
    case 'kill':
      only(1);
      return { fault: { kind, node: node(0) }, undo: false };
    case 'pause':
    case 'resume':
      only(1);
      return { fault: { kind: 'pause', node: node(0) }, undo: kind === 'resume' };
    case 'partition': {
      only(2);
      const [one, other] = [node(0), node(1)];
      if (one === other) throw wrong(kind, `${one} cannot be kept from itself`);
      return { fault: { kind, nodes: [one, other] }, undo: false };
    }
    case 'link':
      only(3);
      return { fault: { kind, ...link(node(0), word(1)) }, undo: oneOf(kind, word(2), 'down', 'up') };
    case 'netem':
      only(2);
      return { fault: { kind, ...link(node(0), word(1)), settings: netemSettings(options) }, undo: false };
    case 'service': {
      only(2);
      const name = node(0);
      const undo = oneOf(kind, word(1), 'stop', 'start');
      return { fault: { kind, node: name, units: unitsFor(lab, name, family, options.unit) }, undo };
    }
    default: {
      const near = nearest(kind, [...FAULT_KINDS, 'resume']);
      throw wrong(kind, near ? `there is no such fault; did you mean ${near}?` : 'there is no such fault');
    }
  }
};

/** Options that belong to another kind of fault would do nothing. */
const refuseOthers = (kind: string, options: Readonly<Record<string, unknown>>): void => {
  for (const [owner, names] of Object.entries({ netem: NETEM_SETTINGS.map(({ name }) => name), service: ['unit'] })) {
    const stray = names.find((name) => options[name] !== undefined);
    if (owner !== kind && stray !== undefined) throw wrong(kind, `--${stray} is for ${owner}`);
  }
};

/** Whether it is the word that undoes. */
const oneOf = (kind: string, word: string, makes: string, undoes: string): boolean => {
  if (word === makes || word === undoes) return word === undoes;
  throw wrong(kind, `${word} is neither ${makes} nor ${undoes}`);
};

const UNIT = /^[A-Za-z0-9][A-Za-z0-9:_.@-]{0,200}$/;

const unitsFor = (lab: Lab, node: string, family: Family, given: unknown): string[] => {
  if (given === undefined) {
    const units = unitsOf(lab, node, family);
    if (units.length > 0) return units;
    throw wrong('service', `${node} runs nothing for the lab's services; name a unit of systemd with --unit`);
  }
  if (UNIT.test(String(given))) return [String(given)];
  throw wrong('service', `${String(given)} cannot be a unit of systemd`);
};

const wrong = (kind: string, happened: string): LabError =>
  new LabError({
    tried: `make a fault${kind === '' ? '' : `: ${kind}`}`,
    happened,
    next: `write it as one of these:\n${FAULT_USAGE.replace(/^/gm, '    ')}`,
    exitCode: ExitCode.usage,
  });

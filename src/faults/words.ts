import type { Family } from '../images/families.ts';
import type { Lab } from '../lab/lab.ts';
import { linkIn, nodeIn } from '../lab/lookup.ts';
import type { LabError } from '../support/errors.ts';

/** What a fault is asked for in, beside its words. */
export interface FaultContext {
  readonly lab: Lab;
  /** Of the guests: decides the names of services. */
  readonly family: Family;
  readonly options: Readonly<Record<string, unknown>>;
  /** The error for words that are none of a fault's. */
  wrong(happened: string): LabError;
}

/** The words of a fault on the command line: the first, and those after it, from 0. All throw a LabError, exit code 2. */
export interface FaultWords extends FaultContext {
  readonly first: string;
  /** That no more than so many words are there. */
  only(count: number): void;
  node(index: number): string;
  /** The NIC that two words name: a node and a segment. */
  link(index: number): { readonly node: string; readonly segment: string };
  /** Whether it is the one word, which undoes, and not the other, which makes. */
  undoes(index: number, makes: string, undoes: string): boolean;
}

export const faultWords = (context: FaultContext, [first = '', ...words]: readonly string[]): FaultWords => {
  const { lab, wrong } = context;
  const word = (index: number): string => {
    const given = words[index];
    if (given !== undefined) return given;
    throw wrong(`words are missing after ${[first, ...words].join(' ')}`);
  };
  const node = (index: number): string => nodeIn(lab, word(index));
  return {
    ...context,
    first,
    node,
    only(count) {
      if (words.length > count) throw wrong(`${words.slice(count).join(' ')}: what is that for?`);
    },
    link(index) {
      const name = node(index);
      return { node: name, segment: linkIn(lab, name, word(index + 1)) };
    },
    undoes(index, makes, undoes) {
      const given = word(index);
      if (given === makes || given === undoes) return given === undoes;
      throw wrong(`${given} is neither ${makes} nor ${undoes}`);
    },
  };
};

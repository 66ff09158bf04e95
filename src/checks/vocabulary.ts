import type { CheckVocabulary } from '../lab/vocabulary.ts';
import { arpOwner } from './arp-owner.ts';
import type { Check, Scope } from './check.ts';
import { clientAddress } from './client-address.ts';
import { directReturn } from './direct-return.ts';
import { encapsulated } from './encapsulated.ts';
import { reachable } from './reachable.ts';
import { rotation } from './rotation.ts';
import { share } from './share.ts';

/** Every check there is, in the order in which a person would look for a fault. */
export const CHECKS: readonly Check<Scope>[] = [
  reachable,
  arpOwner,
  rotation,
  share,
  encapsulated,
  directReturn,
  clientAddress,
];

/** The checks that a lab file may ask for, as the loader of lab files wants them. */
export const VOCABULARY: CheckVocabulary = Object.fromEntries(
  CHECKS.map((check) => [
    check.name,
    {
      summary: check.summary,
      options: check.options,
      nodes: (options: Scope) => [...(check.nodes?.(options) ?? []), ...(options.clients ?? [])],
      services: (options: Scope) => options.services ?? [],
    },
  ]),
);

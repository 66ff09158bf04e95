import { arpOwner } from './arp-owner.ts';
import { blackhole } from './blackhole.ts';
import { clientAddress } from './client-address.ts';
import { connectionSurvives } from './connection-survives.ts';
import { content } from './content.ts';
import { directReturn } from './direct-return.ts';
import { directorFailover } from './director-failover.ts';
import { drain } from './drain.ts';
import { dynamicWeight } from './dynamic-weight.ts';
import { encapsulated } from './encapsulated.ts';
import { failover } from './failover.ts';
import { macRewrite } from './mac-rewrite.ts';
import { reachable } from './reachable.ts';
import { reboot } from './reboot.ts';
import { type Checks, checksOf, vocabularyOf } from './registry.ts';
import { returnThroughDirector } from './return-through-director.ts';
import { rotation } from './rotation.ts';
import { route } from './route.ts';
import { rules } from './rules.ts';
import { share } from './share.ts';
import { spread } from './spread.ts';
import { sticky } from './sticky.ts';
import { stringMatch } from './string-match.ts';
import { upload } from './upload.ts';

/** Every check there is, in the order in which a person would look for a fault. */
export const CHECKS: Checks['all'] = [
  reachable,
  rules,
  arpOwner,
  rotation,
  share,
  sticky,
  spread,
  encapsulated,
  macRewrite,
  directReturn,
  returnThroughDirector,
  route,
  clientAddress,
  content,
  stringMatch,
  upload,
  dynamicWeight,
  blackhole,
  failover,
  directorFailover,
  drain,
  connectionSurvives,
  reboot,
];

/** What a lab file may ask of these. */
export const VOCABULARY = vocabularyOf(checksOf(CHECKS));

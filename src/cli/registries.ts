import { checksOf } from '../checks/registry.ts';
import { CHECKS } from '../checks/vocabulary.ts';
import { PROVIDERS } from '../providers/providers.ts';
import { providersOf } from '../providers/registry.ts';
import type { Registries } from '../testing/registries.ts';

/** What comes with `lab`. Everything below is handed these, and looks up nothing that it was not given. */
export const REGISTRIES: Registries = { providers: providersOf(PROVIDERS), checks: checksOf(CHECKS) };

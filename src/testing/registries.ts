import type { Checks } from '../checks/registry.ts';
import type { Providers } from '../providers/registry.ts';

/** What testing looks up by name. */
export interface Registries {
  readonly providers: Providers;
  readonly checks: Checks;
}

import { ensureTools } from '../host/ensure-tools.ts';
import type { ToolName } from '../host/tools.ts';
import type { Session } from './session.ts';

interface Needs {
  /** Install without asking. */
  yes?: boolean | undefined;
  /** The provider that will run. */
  provider?: string;
  /** Programs needed besides. */
  more?: readonly ToolName[];
}

/** Sees that the host has the programs that are needed; installs those it lacks where that is wanted, or asks. */
export const readyHost = (session: Session, { yes = false, provider, more = [] }: Needs): Promise<void> =>
  ensureTools(
    [...(provider === undefined ? session.providers.all[0] : session.providers.named(provider)).tools, ...more],
    {
      yes,
      interactive: session.interactive,
      notify: session.tell,
      signal: session.signal,
    },
  );

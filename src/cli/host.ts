import { ensureTools } from '../host/ensure-tools.ts';
import type { ToolName } from '../host/tools.ts';
import { QEMU_TOOLS } from '../providers/qemu/examine.ts';
import type { Session } from './session.ts';

/** Sees that the host has the programs that are needed; installs those it lacks where that is wanted, or asks. */
export const readyHost = (session: Session, yes: boolean, more: readonly ToolName[] = []): Promise<void> =>
  ensureTools([...QEMU_TOOLS, ...more], {
    yes,
    interactive: session.interactive,
    notify: session.tell,
    signal: session.signal,
  });

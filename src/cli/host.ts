import { ensureTools } from '../host/ensure.ts';
import type { ToolName } from '../host/tools.ts';
import type { Session } from './session.ts';

/** What the provider `qemu` and the building of its image run. */
const NEEDED: ToolName[] = ['qemu-system-x86_64', 'qemu-img', 'vde_switch', 'mmdebstrap', 'mksquashfs', 'mke2fs', 'ssh'];

/** Sees that the host has the programs that are needed, installs or asks for those it lacks. */
export const readyHost = (session: Session, yes: boolean, more: ToolName[] = []): Promise<void> =>
  ensureTools([...NEEDED, ...more], {
    yes: yes || process.env.CI === 'true',
    interactive: session.interactive,
    notify: (line) => session.tell(line),
    signal: session.signal,
  });

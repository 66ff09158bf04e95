import { z } from 'zod';
import type { CloudImage } from '../../images/cloud.ts';
import { FAMILIES, type Family } from '../../images/families.ts';
import type { GuestImage } from '../../images/guest-image.ts';
import type { Image } from '../../images/image.ts';
import { type ProcessIdentity, processIdentitySchema } from '../../support/process-identity.ts';
import { asItWas, exactly } from '../../support/record-file.ts';
import { stateFile } from '../state-file.ts';
import { ACCELERATORS, type Accelerator } from './accelerator.ts';
import { layout } from './layout.ts';

/** What the provider knows of an instance, kept in its directory. */
export interface QemuState {
  image: GuestImage;
  accelerator: Accelerator;
  /** Directory of the golden machine that the instance's machines were cloned from. */
  golden?: string;
  /** Directory of the saved machines that the instance's machines begin as. */
  saved?: string;
  /** Short directory of the sockets and pid files; its path also marks the instance's processes. */
  runDir: string;
  machines: Record<string, MachineRecord>;
  switches: Record<string, ProcessIdentity>;
}

/** How a machine came to life: booted, resumed as a clone of the golden machine, or as it was saved with its lab. */
export type Origin = 'cold' | 'golden' | 'warm';

export interface MachineRecord {
  /** The only host key that is believed of it: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** The local port the user asked for, or 0 for a free one at each start. */
  wantedPort: number;
  /** The local port that leads to its SSH now. */
  sshPort?: number;
  /** Where in the console log its latest start begins, in bytes. */
  consoleOffset: number;
  origin: Origin;
  /** Whether its process has the NICs of a golden machine, used or not. */
  spares?: boolean;
  process?: ProcessIdentity;
}

const common = {
  name: z.string(),
  family: z.enum(Object.keys(FAMILIES) as Family[]),
  id: z.string(),
  dir: z.string(),
  disk: z.string(),
};

const image = z.union([
  exactly<Image>({ ...common, kernel: z.string(), initrd: z.string(), root: z.string(), cmdline: z.string() }),
  exactly<CloudImage>({ ...common, memory: z.number(), complete: z.boolean() }),
]);

const machine = exactly<MachineRecord>({
  hostKey: z.string(),
  wantedPort: z.int(),
  sshPort: z.int().optional(),
  consoleOffset: z.int(),
  origin: z.enum(['cold', 'golden', 'warm']),
  spares: z.boolean().optional(),
  process: processIdentitySchema.optional(),
});

export const {
  read: readState,
  require: stateOf,
  write: writeState,
} = stateFile<QemuState>((dir) => layout(dir).state, {
  schema: exactly<QemuState>({
    image,
    accelerator: exactly<Accelerator>({ kind: z.enum(ACCELERATORS), cpu: z.string(), reason: z.string() }),
    golden: z.string().optional(),
    saved: z.string().optional(),
    runDir: z.string(),
    machines: z.record(z.string(), machine),
    switches: z.record(z.string(), processIdentitySchema),
  }),
  upgrades: [asItWas],
});

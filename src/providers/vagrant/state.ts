import { z } from 'zod';
import { asItWas, exactly } from '../../support/record-file.ts';
import { stateFile } from '../state-file.ts';
import { layout } from './layout.ts';

/** What the provider knows of an instance, kept in its directory. */
export interface VagrantState {
  /** `kvm` or `qemu`, where that is a choice. */
  driver?: string;
  /** Names that its machines and networks have, or would have, on the host. */
  machines: Record<string, string>;
  networks: Record<string, string>;
  /** How each machine is reached, since its latest start. */
  reach: Record<string, Reach>;
}

/** What `vagrant ssh-config` says of a machine. */
export interface Reach {
  host: string;
  port: number;
  user: string;
  /** Private keys that may let in. */
  keys: string[];
}

export const {
  read: readState,
  require: stateOf,
  write: writeState,
} = stateFile<VagrantState>((dir) => layout(dir).state, {
  schema: exactly<VagrantState>({
    driver: z.string().optional(),
    machines: z.record(z.string(), z.string()),
    networks: z.record(z.string(), z.string()),
    reach: z.record(
      z.string(),
      exactly<Reach>({ host: z.string(), port: z.number(), user: z.string(), keys: z.array(z.string()) }),
    ),
  }),
  upgrades: [asItWas],
});

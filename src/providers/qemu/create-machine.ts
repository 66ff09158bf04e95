import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import { generateKeyPair } from '../../guest/keys.ts';
import type { Image } from '../../images/image.ts';
import type { Node } from '../../lab/lab.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError } from '../../support/errors.ts';
import type { CreateOptions, Place } from '../provider.ts';
import { layout } from './layout.ts';
import { machineIdOf, seedArchive } from './seed.ts';
import type { MachineRecord } from './state.ts';

/** Puts one machine's writable disk and seed on disk and gives its record. */
export const createMachine = async (
  place: Place,
  node: Node,
  image: Image,
  options: CreateOptions,
  clientKey: string,
  secret: string,
): Promise<MachineRecord> => {
  const files = layout(place.dir).node(node.name);
  await mkdir(files.dir, { recursive: true });
  const hostKey = generateKeyPair(node.name);
  const seed = await seedArchive({ node, machineId: machineIdOf(secret, node.name), hostKey, clientKey });
  await writeFileAtomic(files.seed, seed, { mode: 0o600 });
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image.disk, '-F', 'qcow2', files.disk]).catch(
    (cause) => {
      throw new LabError({
        tried: `make the disk of ${node.name}`,
        happened: cause.stderr || cause.shortMessage,
        cause,
      });
    },
  );
  return {
    hostKey: hostKey.public,
    wantedPort: options.sshPort === undefined ? 0 : options.sshPort + node.index - 1,
    consoleOffset: 0,
  };
};

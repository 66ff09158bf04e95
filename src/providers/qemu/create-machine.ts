import { randomBytes, randomUUID } from 'node:crypto';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { generateKeyPair, type KeyPair } from '../../guest/keys.ts';
import type { CloudImage } from '../../images/cloud.ts';
import type { Node } from '../../lab/lab.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { LabError } from '../../support/errors.ts';
import type { CreateOptions, Place } from '../provider.ts';
import { cloudSeed } from './cloud-seed.ts';
import { layout } from './layout.ts';
import { seedArchive } from './seed.ts';
import type { MachineRecord } from './state.ts';

/**
 * Puts one machine's writable disk and seed on disk and gives its record.
 * @param base the qcow2 image that its disk lies over
 * @param clientKey the public key that may log in
 * @param from a disk over the same base whose content it begins with
 */
export const createMachine = async (
  place: Place,
  node: Node,
  base: string,
  options: CreateOptions,
  clientKey: string,
  from?: string,
): Promise<MachineRecord> => {
  const files = layout(place.dir).node(node.name);
  await mkdir(files.dir, { recursive: true });
  const hostKey = await generateKeyPair(node.name);
  const seed = await seedArchive({ node, machineId: randomBytes(16).toString('hex'), hostKey, clientKey });
  await writeFileAtomic(files.seed, seed, { mode: 0o600 });
  // A copy, some megabytes small, so that an instance does not depend on the saved machine that it came from.
  await (from ? copyFile(from, files.disk, constants.COPYFILE_FICLONE) : createDisk(node.name, files.disk, base));
  return newRecord(node, options, hostKey);
};

/** The same for a machine of a cloud image. */
export const createCloudMachine = async (
  place: Place,
  node: Node,
  image: CloudImage,
  options: CreateOptions,
  clientKey: string,
): Promise<MachineRecord> => {
  const files = layout(place.dir).node(node.name);
  await mkdir(files.cloudSeed, { recursive: true, mode: 0o700 });
  const hostKey = await generateKeyPair(node.name);
  const seed = cloudSeed({ node, family: image.family, instanceId: `lab-${randomUUID()}`, hostKey, clientKey });
  for (const [name, content] of Object.entries(seed)) {
    await writeFileAtomic(join(files.cloudSeed, name), content, { mode: 0o600 });
  }
  await createDisk(node.name, files.disk, image.disk);
  return newRecord(node, options, hostKey);
};

const newRecord = (node: Node, { sshPort }: CreateOptions, hostKey: KeyPair): MachineRecord => ({
  hostKey: hostKey.public,
  wantedPort: sshPort === undefined ? 0 : sshPort + node.index - 1,
  consoleOffset: 0,
  origin: 'cold',
});

/** Makes a machine's writable disk, empty over its base. */
export const createDisk = async (node: string, disk: string, base: string): Promise<void> => {
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', disk]).catch((cause) => {
    throw new LabError({
      tried: `make the disk of ${node}`,
      happened: cause.stderr || cause.shortMessage,
      next: 'free space there (lab prune, lab image rm), or set LAB_HOME to a directory elsewhere',
      cause,
    });
  });
};

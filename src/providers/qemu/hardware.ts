import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { execa } from 'execa';
import type { Image } from '../../images/image.ts';
import type { Lab } from '../../lab/lab.ts';
import { type Accelerator, qemuBinary } from './accelerator.ts';
import { machineArguments } from './command-line.ts';

/** QEMU's name and version, as it says it: `QEMU emulator version 7.2.19 (Debian 1:7.2+dfsg-7+deb12u16)`. */
export const qemuVersion = async (): Promise<string> =>
  (await execa(qemuBinary(), ['--version'])).stdout.split('\n')[0] ?? '';

/** The processor that a machine sees: the host's own, or the same emulated one everywhere. */
export const processorOf = (accelerator: Accelerator): string =>
  accelerator.kind === 'tcg' ? 'emulated' : (cpus()[0]?.model ?? '');

/** What the saved state of a lab's machines fits, by names for a person. */
export const hardwareOf = async (lab: Lab, image: Image, accelerator: Accelerator): Promise<Record<string, string>> => {
  const machines = lab.nodes.map((node) =>
    machineArguments({ node, image, accelerator, dir: '', runDir: '', sshPort: 0, spares: true }),
  );
  return {
    image: image.id,
    QEMU: await qemuVersion(),
    processor: processorOf(accelerator),
    'machine hardware': createHash('sha256').update(JSON.stringify(machines)).digest('hex'),
  };
};

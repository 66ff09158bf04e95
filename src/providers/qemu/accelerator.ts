import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type GuestImage, isCloudImage } from '../../images/guest-image.ts';
import { writeFileAtomic } from '../../support/atomic.ts';
import { ExitCode, LabError } from '../../support/errors.ts';
import { cacheDir } from '../../support/paths.ts';
import { readConsole, watchUntil } from './console.ts';
import { option } from './options.ts';

export const ACCELERATORS = ['kvm', 'hvf', 'tcg'] as const;
export type AcceleratorKind = (typeof ACCELERATORS)[number];

export interface Accelerator {
  kind: AcceleratorKind;
  /** The CPU model that goes with it. */
  cpu: string;
  /** Why this one, for people. */
  reason: string;
}

/**
 * Milliseconds in which hardware virtualization shows the first line of the image's own init, which takes well under 1 s;
 * or in which it has a cloud image's boot loader start its kernel.
 */
const PROBE_BUDGET = 8_000;
const CLOUD_PROBE_BUDGET = 40_000;

/** By which the console tells that the kernel has come up: its own first line, or init's. */
const CLOUD_SIGN = /Linux version|systemd\[1\]|Started |login:/;

const CPU: Record<AcceleratorKind, string> = { kvm: 'host', hvf: 'host', tcg: 'max' };

const accelerator = (kind: AcceleratorKind, reason: string): Accelerator => ({ kind, cpu: CPU[kind], reason });

/** The one the user names, unproven. @throws LabError, exit code 2, on a name that is none. */
export const acceleratorNamed = (name: string): Accelerator => {
  const kind = ACCELERATORS.find((candidate) => candidate === name);
  if (kind) return accelerator(kind, 'asked for');
  throw new LabError({
    tried: 'choose an accelerator',
    happened: `"${name}" is none`,
    next: `choose one of ${ACCELERATORS.join(', ')}`,
    exitCode: ExitCode.usage,
  });
};

/**
 * The fastest accelerator that works on this host with this image. Hardware virtualization is believed only once it
 * has really started the image's kernel: on nested and paravirtual hosts /dev/kvm opens, makes a machine, and hangs
 * it. The verdict is remembered per host kernel, QEMU version and image.
 */
export const chooseAccelerator = async (image: GuestImage, signal: AbortSignal): Promise<Accelerator> => {
  const candidate = await candidateOf();
  if (!candidate) return accelerator('tcg', 'no hardware virtualization that this user may use (lab doctor tells why)');
  const qemu = await execa(qemuBinary(), ['--version'], { reject: false });
  const key = [candidate, release(), qemu.stdout?.split('\n')[0] ?? '', image.id].join(' | ');
  const remembered = await readVerdicts();
  const verdict = remembered[key] ?? (await probe(candidate, image, signal));
  if (!(key in remembered))
    await writeFileAtomic(verdictsFile(), JSON.stringify({ ...(await readVerdicts()), [key]: verdict }, null, 2));
  return verdict === 'works'
    ? accelerator(candidate, 'started the image in a trial')
    : accelerator('tcg', `${candidate} is there but does not work (lab doctor tells why)`);
};

/** `qemu-system-x86_64`, or that of the host's own architecture. */
export const qemuBinary = (): 'qemu-system-x86_64' | 'qemu-system-aarch64' =>
  process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64';

const candidateOf = async (): Promise<'kvm' | 'hvf' | undefined> => {
  if (process.platform === 'darwin') return 'hvf';
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => 'kvm' as const,
    () => undefined,
  );
};

const verdictsFile = (): string => join(cacheDir(), 'accelerators.json');

const readVerdicts = async (): Promise<Record<string, string>> => {
  try {
    return JSON.parse(await readFile(verdictsFile(), 'utf8')) as Record<string, string>;
  } catch {
    // Absent, or damaged: the worst that follows is one more trial.
    return {};
  }
};

/** `works`, or what was seen instead. */
const probe = async (kind: 'kvm' | 'hvf', image: GuestImage, signal: AbortSignal): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'lab-probe-'));
  const log = join(dir, 'console.log');
  const ended = new AbortController();
  const machine = execa(
    qemuBinary(),
    [
      ...[
        '-nodefaults',
        '-no-user-config',
        '-display',
        'none',
        '-machine',
        option('q35', { accel: kind }),
        '-cpu',
        CPU[kind],
        '-m',
        '512M',
      ],
      ...(isCloudImage(image)
        ? ['-drive', option('if=virtio', { format: 'qcow2', snapshot: 'on', file: image.disk })]
        : ['-kernel', image.kernel, '-initrd', image.initrd, '-append', image.cmdline]),
      ...['-chardev', option('file', { id: 'console', path: log }), '-serial', 'chardev:console'],
    ],
    {
      reject: false,
      stdin: 'ignore',
      cancelSignal: AbortSignal.any([signal, ended.signal]),
      forceKillAfterDelay: 500,
      all: true,
    },
  );
  try {
    let exit: string | undefined;
    void machine.then((result) => {
      exit = result.all?.trim().split('\n').at(-1) || result.shortMessage || 'QEMU ended';
    });
    const milliseconds = isCloudImage(image) ? CLOUD_PROBE_BUDGET : PROBE_BUDGET;
    const budget = AbortSignal.timeout(milliseconds);
    const sign = isCloudImage(image) ? CLOUD_SIGN : /lab: starting/;
    const verdict = await watchUntil(log, async () => (sign.test(await readConsole(log)) ? 'works' : exit), {
      interval: 100,
      signal: AbortSignal.any([signal, budget]),
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (budget.aborted) return `the guest kernel showed no sign of life within ${milliseconds / 1000} s`;
      throw error;
    });
    return verdict;
  } finally {
    ended.abort();
    await machine;
    await rm(dir, { recursive: true, force: true });
  }
};

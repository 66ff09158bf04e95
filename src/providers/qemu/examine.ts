import { access, constants, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { execa } from 'execa';
import { freeDisk } from '../../host/capacity.ts';
import { installCommand } from '../../host/install-command.ts';
import { isRoot, packageManager } from '../../host/system.ts';
import { findTool, type ToolName } from '../../host/tools.ts';
import { buildTools, requireBuildTools } from '../../images/tools.ts';
import { LabError, messageOf } from '../../support/errors.ts';
import { cacheDir, stateDir } from '../../support/paths.ts';
import type { Finding } from '../provider.ts';
import { qemuBinary } from './accelerator.ts';

/** Programs that the provider and the building of its image run. */
export const QEMU_TOOLS: readonly ToolName[] = [
  ...new Set<ToolName>([qemuBinary(), 'vde_switch', 'ssh', ...buildTools()]),
];

const GIB = 1024 ** 3;
/** Bytes that an image, and the disks of a lab, want to have free. */
const DISK_WANTED = 2 * GIB;

/** Whether this host can run machines with plain QEMU, point by point, and build that image for them. */
export const examineHost = async (image: string): Promise<Finding[]> => [
  ...(await Promise.all(QEMU_TOOLS.map(examineTool))),
  await examineAcceleration(),
  await examineBuilding(image),
  ...(await Promise.all([examineDisk('images', cacheDir()), examineDisk('instances', stateDir())])),
];

const examineTool = async (tool: ToolName): Promise<Finding> => {
  const path = await findTool(tool);
  if (path) return { what: tool, ok: true, detail: (await versionOf(tool, path)) ?? path };
  const manager = await packageManager();
  const mend = manager && installCommand([tool], manager);
  return { what: tool, ok: false, detail: 'not installed', ...(mend ? { mend } : {}) };
};

/** First line of what QEMU's programs say to --version; the others have no way to say it in common. */
const versionOf = async (tool: ToolName, path: string): Promise<string | undefined> => {
  if (!tool.startsWith('qemu')) return undefined;
  const { stdout, failed } = await execa(path, ['--version'], { reject: false, timeout: 10_000 });
  return failed ? undefined : `${stdout.split('\n')[0]}`;
};

/** Hardware virtualization is welcome, never required. Only a trial at the first `up` tells whether it works. */
const examineAcceleration = async (): Promise<Finding> => {
  const what = 'acceleration';
  if (process.platform === 'darwin') return { what, ok: true, detail: 'hvf, tried at the first up' };
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    return {
      what,
      ok: true,
      detail: denied
        ? 'software emulation (tcg): /dev/kvm is there, and closed to you'
        : 'software emulation (tcg): this host has no /dev/kvm',
      ...(denied ? { mend: 'sudo adduser "$USER" kvm, then log in anew' } : {}),
    };
  }
  const verdicts = await readFile(`${cacheDir()}/accelerators.json`, 'utf8').catch(() => '{}');
  const known = Object.entries(JSON.parse(verdicts) as Record<string, string>).findLast(([key]) =>
    key.includes(release()),
  );
  if (!known) return { what, ok: true, detail: '/dev/kvm is there; the first up tries whether it works' };
  return {
    what,
    ok: true,
    detail:
      known[1] === 'works' ? 'kvm, which works' : `software emulation (tcg): kvm is there but not usable: ${known[1]}`,
  };
};

/** An image is built as root, or as another user in a user namespace, which not every host allows. */
const examineBuilding = async (image: string): Promise<Finding> => {
  const what = 'building images';
  try {
    await requireBuildTools(image);
    return { what, ok: true, detail: isRoot() ? 'as root' : 'in a user namespace' };
  } catch (error) {
    const mend = error instanceof LabError ? error.next : undefined;
    return { what, ok: false, detail: messageOf(error), ...(mend ? { mend } : {}) };
  }
};

const examineDisk = async (what: string, dir: string): Promise<Finding> => {
  const free = await freeDisk(dir);
  const detail = `${(free / GIB).toFixed(1)} GiB free in ${dir}`;
  if (free >= DISK_WANTED) return { what: `disk for ${what}`, ok: true, detail };
  return { what: `disk for ${what}`, ok: false, detail, mend: 'free space there, or move both with LAB_HOME' };
};

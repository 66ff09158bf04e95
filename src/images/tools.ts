import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../support/errors.ts';

/** Programs a build runs, and the Debian package each is in. */
const TOOLS = {
  mmdebstrap: 'mmdebstrap',
  mksquashfs: 'squashfs-tools',
  'mkfs.ext4': 'e2fsprogs',
  'qemu-img': 'qemu-utils',
} as const;

/** A search path for programs with the directories of administration in it, which a user's often lacks on Debian. */
export const toolPath = (path: string = process.env.PATH ?? ''): string =>
  [...path.split(delimiter).filter(Boolean), '/usr/sbin', '/sbin'].join(delimiter);

const isProgram = async (name: string, path: string): Promise<boolean> => {
  for (const dir of path.split(delimiter)) {
    const found = await access(join(dir, name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
};

/** Debian packages that hold programs a build needs and this host lacks. */
export const missingPackages = async (
  options: { path?: string; asRoot?: boolean } = {},
): Promise<{ programs: string[]; packages: string[] }> => {
  const path = options.path ?? toolPath();
  const needed: Record<string, string> = { ...TOOLS };
  if (!(options.asRoot ?? isRoot())) needed.newuidmap = 'uidmap';
  const programs: string[] = [];
  for (const program of Object.keys(needed)) {
    if (!(await isProgram(program, path))) programs.push(program);
  }
  return { programs, packages: [...new Set(programs.map((program) => needed[program] as string))] };
};

/**
 * Checks that this host can build an image.
 * @throws LabError that says what to install or to set.
 */
export const requireBuildTools = async (image: string, path: string = toolPath()): Promise<void> => {
  const tried = `build image ${image}`;
  const { programs, packages } = await missingPackages({ path });
  if (programs.length > 0) {
    throw new LabError({
      tried,
      happened: `${programs.join(', ')} ${programs.length > 1 ? 'are' : 'is'} not installed`,
      next: `Install with: ${sudo()}apt-get install -y ${packages.join(' ')}`,
    });
  }
  if (isRoot()) return;
  const { username, uid } = userInfo();
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const ranges = await readFile(file, 'utf8').catch(() => '');
    if (hasRange(ranges, [username, String(uid)])) continue;
    throw new LabError({
      tried,
      happened: `without root it needs 65536 subordinate ids, and ${file} gives user ${username} none`,
      next: `Give some with: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
    });
  }
  const { failed, stderr } = await execa('unshare', ['--user', '--map-auto', '--map-root-user', 'true'], {
    reject: false,
  });
  if (failed) {
    throw new LabError({
      tried,
      happened: `without root it needs user namespaces, and this host refuses them: ${stderr}`,
      next:
        'Allow them with: sudo sysctl kernel.unprivileged_userns_clone=1 (on Ubuntu: ' +
        'kernel.apparmor_restrict_unprivileged_userns=0), or build it once as root and copy the cache directory.',
    });
  }
};

/** Whether a subordinate id file gives one of these users the 65536 ids that a system needs. */
export const hasRange = (file: string, users: readonly string[]): boolean =>
  file.split('\n').some((line) => {
    const [user, , count] = line.split(':');
    return users.includes(user ?? '') && Number(count) >= 65_536;
  });

export const isRoot = (): boolean => process.getuid?.() === 0;

const sudo = (): string => (isRoot() ? '' : 'sudo ');

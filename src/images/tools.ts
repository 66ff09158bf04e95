import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { execa } from 'execa';
import { installCommand } from '../host/install-command.ts';
import { isRoot, packageManager } from '../host/system.ts';
import { missingTools, searchPath, type ToolName } from '../host/tools.ts';
import { LabError } from '../support/errors.ts';

/** Programs that a build runs. */
export const buildTools = (asRoot = isRoot()): ToolName[] => [
  'mmdebstrap',
  'mksquashfs',
  'mke2fs',
  'qemu-img',
  'unshare',
  ...(asRoot ? [] : (['newuidmap'] as const)),
];

/**
 * Checks that this host can build an image.
 * @throws LabError that says what to install or to set.
 */
export const requireBuildTools = async (image: string, path = searchPath()): Promise<void> => {
  const tried = `build image ${image}`;
  const missing = await missingTools(buildTools(), path);
  if (missing.length > 0) {
    const manager = await packageManager();
    const command = manager && installCommand(missing, manager);
    throw new LabError({
      tried,
      happened: `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not installed`,
      next: command ? `install with: ${command}` : 'install the packages of your system that hold these programs',
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

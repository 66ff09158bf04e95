import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Systems whose package names are known, by the program that installs packages there. */
export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'brew';

/** More than one where a program is of no use without what is in another package. */
type Packages = Partial<Record<PackageManager, string | readonly string[]>>;

const everywhere = (name: string): Packages => ({ apt: name, dnf: name, pacman: name, brew: name });

/** The package that holds each program; none where the system has no such package, or always has the program. */
const PACKAGES = {
  'qemu-system-x86_64': {
    apt: 'qemu-system-x86',
    dnf: 'qemu-system-x86-core',
    pacman: 'qemu-system-x86',
    brew: 'qemu',
  },
  'qemu-system-aarch64': {
    apt: 'qemu-system-arm',
    dnf: 'qemu-system-aarch64-core',
    pacman: 'qemu-system-aarch64',
    brew: 'qemu',
  },
  'qemu-img': { apt: 'qemu-utils', dnf: 'qemu-img', pacman: 'qemu-img', brew: 'qemu' },
  vde_switch: { ...everywhere('vde2'), brew: 'vde' },
  mmdebstrap: { apt: 'mmdebstrap', dnf: 'mmdebstrap' },
  newuidmap: { apt: 'uidmap', dnf: 'shadow-utils', pacman: 'shadow' },
  mksquashfs: { ...everywhere('squashfs-tools'), brew: 'squashfs' },
  mke2fs: everywhere('e2fsprogs'),
  unshare: { apt: 'util-linux', dnf: 'util-linux-core', pacman: 'util-linux' },
  flock: { apt: 'util-linux', dnf: 'util-linux-core', pacman: 'util-linux', brew: 'flock' },
  cpio: everywhere('cpio'),
  busybox: { ...everywhere('busybox'), apt: 'busybox-static' },
  zstd: everywhere('zstd'),
  xz: { ...everywhere('xz'), apt: 'xz-utils' },
  ssh: { apt: 'openssh-client', dnf: 'openssh-clients', pacman: 'openssh', brew: 'openssh' },
  'ssh-keygen': { ...everywhere('openssh'), apt: 'openssh-client' },
  vagrant: { apt: ['vagrant', 'vagrant-libvirt'] },
  virsh: { apt: 'libvirt-clients', dnf: 'libvirt-client', pacman: 'libvirt' },
  libvirtd: {
    apt: ['libvirt-daemon-system', 'libvirt-daemon-driver-qemu', 'dnsmasq-base', 'iptables'],
    dnf: ['libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-daemon-config-network'],
    pacman: 'libvirt',
  },
  ip: { apt: 'iproute2', dnf: 'iproute', pacman: 'iproute2' },
  tcpdump: everywhere('tcpdump'),
  dnf: { apt: 'dnf', dnf: 'dnf' },
  rpmbuild: { apt: 'rpm', dnf: 'rpm-build' },
  createrepo_c: { apt: 'createrepo-c', dnf: 'createrepo_c' },
  shellcheck: { ...everywhere('shellcheck'), dnf: 'ShellCheck' },
} as const satisfies Record<string, Packages>;

/** A program of the host that some work needs. */
export type ToolName = keyof typeof PACKAGES;

/** The packages that hold these tools, each once, in the order of the tools; `unknown` are tools that none holds. */
export const packagesFor = (
  tools: readonly ToolName[],
  manager: PackageManager,
): { packages: string[]; unknown: ToolName[] } => {
  const packages = tools.map((tool) => (PACKAGES[tool] as Packages)[manager]);
  return {
    packages: [...new Set(packages.flatMap((names) => names ?? []))],
    unknown: tools.filter((_, index) => packages[index] === undefined),
  };
};

/** The search path with the directories of administration, which an ordinary user's lacks on Debian: mke2fs is there. */
export const searchPath = (path = process.env.PATH ?? ''): string =>
  [...new Set([...path.split(delimiter).filter(Boolean), '/usr/local/sbin', '/usr/sbin', '/sbin'])].join(delimiter);

/** Where a program is on the host, if anywhere. */
export const findTool = async (tool: string, path = searchPath()): Promise<string | undefined> => {
  for (const file of path.split(delimiter).map((dir) => join(dir, tool))) {
    const isProgram = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) return file;
  }
  return undefined;
};

/** Programs that do the work of another where that one is not there: the parts that libvirt's daemon was split into. */
const INSTEAD: Partial<Record<ToolName, string>> = { libvirtd: 'virtqemud' };

/** Where a tool is on the host, or what does its work. */
export const findToolOrOther = async (tool: ToolName, path = searchPath()): Promise<string | undefined> => {
  const other = INSTEAD[tool];
  return (await findTool(tool, path)) ?? (other && (await findTool(other, path)));
};

/** Which of the tools the host lacks, in the order given. */
export const missingTools = async (need: readonly ToolName[], path = searchPath()): Promise<ToolName[]> => {
  const found = await Promise.all(need.map((tool) => findToolOrOther(tool, path)));
  return need.filter((_, index) => found[index] === undefined);
};

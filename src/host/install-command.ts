import { isRoot } from './system.ts';
import { type PackageManager, packagesFor, type ToolName } from './tools.ts';

const INSTALL: Record<PackageManager, string> = {
  apt: 'apt-get install --no-install-recommends',
  dnf: 'dnf install',
  pacman: 'pacman -S --needed',
  brew: 'brew install',
};

/** The command with which a person installs the tools; undefined when the system has packages for none of them. */
export const installCommand = (
  tools: readonly ToolName[],
  manager: PackageManager,
  asRoot = isRoot(),
): string | undefined => {
  const { packages } = packagesFor(tools, manager);
  if (packages.length === 0) return undefined;
  const sudo = asRoot || manager === 'brew' ? '' : 'sudo ';
  return `${sudo}${INSTALL[manager]} ${packages.join(' ')}`;
};

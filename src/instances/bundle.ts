import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Provider } from '../providers/provider.ts';
import { stateDir } from '../support/paths.ts';
import { type Instance, instanceLayout, placeOf } from './instance.ts';

/** How many bundles are kept; the oldest go first. */
const KEPT = 20;

export const bundlesDir = (): string => join(stateDir(), 'bundles');

/**
 * Saves what explains a failure, before the instance is removed: consoles, logs of the machines and of provisioning,
 * the scripts, the resolved lab, and `files` of the caller's. Gives the bundle's directory.
 */
export const saveBundle = async (
  provider: Provider,
  instance: Instance,
  files: Record<string, string | Buffer>,
): Promise<string> => {
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const dir = join(bundlesDir(), `${stamp}-${instance.name}-${process.pid}`);
  const paths = instanceLayout(instance.name);
  await mkdir(join(dir, 'console'), { recursive: true, mode: 0o700 });
  const copies: [from: string, to: string][] = [
    [paths.record, 'instance.json'],
    [paths.lab, 'lab.json'],
    [join(paths.dir, 'scripts'), 'scripts'],
    [join(paths.dir, 'provision'), 'provision'],
    ...instance.definition.nodes.flatMap(({ name }): [string, string][] => {
      const log = provider.console(placeOf(instance), name);
      return [[log, join('console', `${name}.log`)]];
    }),
  ];
  // A failure may come before any of these is there.
  await Promise.all(copies.map(([from, to]) => cp(from, join(dir, to), { recursive: true }).catch(() => undefined)));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  await dropOldest();
  return dir;
};

const dropOldest = async (): Promise<void> => {
  const names = (await readdir(bundlesDir())).sort();
  await Promise.all(
    names.slice(0, -KEPT).map((name) => rm(join(bundlesDir(), name), { recursive: true, force: true })),
  );
};

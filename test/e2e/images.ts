import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LAB_HOME, labMust } from './harness.ts';

/** One file of a cpio archive in the "newc" format, as the kernel reads initrds (Documentation/driver-api/early-userspace). */
const cpioEntry = (name: string, mode: number, content: string): string => {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  const padded = (text: string) => text + '\0'.repeat((4 - (text.length % 4)) % 4);
  return padded(`${header}${name}\0`) + padded(content);
};

const cpio = (name: string, content: string): string =>
  cpioEntry(name, 0o100755, content) + cpioEntry('TRAILER!!!', 0, '');

/**
 * A LAB_HOME whose image boots into another init: a real kernel, a real initrd, and a manifest that is right, so that
 * nothing but the guest itself misbehaves. The kernel unpacks the second archive over the first.
 */
export const homeWithInit = async (home: string, init: string): Promise<void> => {
  const dir = await copyImage(home);
  const initrd = Buffer.concat([await readFile(join(dir, 'initrd')), Buffer.from(cpio('init', init), 'latin1')]);
  await rm(join(dir, 'initrd'));
  await writeFile(join(dir, 'initrd'), initrd);
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'));
  manifest.files.initrd = { size: initrd.length, sha256: createHash('sha256').update(initrd).digest('hex') };
  await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
};

/** A copy of the built image in another LAB_HOME; gives the image's directory there. */
export const copyImage = async (home: string): Promise<string> => {
  const { stdout } = await labMust('image', 'list', '-f', 'json');
  const current = (JSON.parse(stdout) as { id: string; dir: string; state: string }[]).find(
    ({ state }) => state === 'current',
  );
  if (!current) throw new Error('no image is built');
  const dir = join(home, 'cache', 'images', current.id);
  await mkdir(join(home, 'cache', 'images'), { recursive: true });
  // Without the machines that were saved from it.
  await cp(current.dir, dir, { recursive: true, filter: (path) => !path.includes('/golden-') });
  await rm(join(dir, 'verified.json'), { force: true });
  return dir;
};

/** A LAB_HOME with its own state, which shares the cache of built images. */
export const homeSharingImages = async (home: string): Promise<void> => {
  await mkdir(home, { recursive: true });
  await symlink(join(LAB_HOME, 'cache'), join(home, 'cache'));
};

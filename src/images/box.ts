import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { z } from 'zod';
import { searchPath } from '../host/tools.ts';
import { writeFileAtomic } from '../support/atomic.ts';
import { measureFiles, rememberVerified, verifySums } from '../support/checked-files.ts';
import { LabError } from '../support/errors.ts';
import { imagesDir, projectDir } from '../support/paths.ts';
import { removeContained } from './contained.ts';
import { type EnsureOptions, ensureImage, type Image } from './image.ts';
import { lockImages, removeLeftovers, TEMPORARY } from './leftovers.ts';
import { filesBelow } from './recipe.ts';
import type { KnownImage } from './registry.ts';

/** A Vagrant box for libvirt, made of an image that is built here. */
export interface Box {
  /** `lab/debian12`. */
  readonly name: string;
  /** Later boxes have higher ones: vagrant-libvirt takes two boxes of one version for the same. */
  readonly version: string;
  /** The box's entry in a catalogue of boxes, which `vagrant box add` takes. */
  readonly catalog: string;
}

/** Raised when boxes packed by older code are to be packed anew. */
const FORMAT = 1;

const FILES = ['box'] as const;

/** The image's disks, in the order in which its initrd finds them, and the file of the box each becomes. */
const DISKS = ['root', 'disk', 'seed'] as const;

/** What the seed starts beside the image's own units. */
const UNIT = 'lab-management.service';

const Manifest = z.object({
  version: z.string(),
  files: z.record(z.enum(FILES), z.object({ size: z.number(), sha256: z.string() })),
});

/** Where the recipe of an image's box is: its own Vagrantfile, and the files that its machines have beside the image's. */
const recipeDir = (image: string): string => join(projectDir, 'images', `${image}-vagrant`);

/**
 * The box of an image that is built here: the very kernel, initrd and disks that other machines of it have, with a seed
 * that lets Vagrant in. From the cache, or packed when it is not there or not whole.
 * @throws LabError when the image cannot be built; the signal's reason when it is aborted.
 */
export const ensureBox = async (known: KnownImage, { notify, signal }: EnsureOptions): Promise<Box> => {
  const { name } = known;
  const image = await ensureImage(known, { notify, signal });
  const dir = join(image.dir, `vagrant-${await recipeHash(image)}`);
  const packed = await readBox(image, dir, signal);
  if (packed) return packed;
  await using _ = await lockImages((holder) => notify(`${holder} works on the images; waiting for it`), signal);
  await removeLeftovers();
  const meanwhile = await readBox(image, dir, signal);
  if (meanwhile) return meanwhile;
  notify(`image ${name}: packing it as a Vagrant box`);
  await rm(dir, { recursive: true, force: true });
  const temporary = await mkdtemp(join(imagesDir(), TEMPORARY));
  try {
    await packBox(image, join(temporary, 'made'), signal);
    await rename(join(temporary, 'made'), dir);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new LabError({
      tried: `pack image ${name} as a Vagrant box`,
      happened: cause instanceof Error ? cause.message : String(cause),
      next: 'make room in the cache directory (lab image rm, or LAB_HOME moves it)',
      cause,
    });
  } finally {
    await removeContained(temporary);
  }
  await rememberVerified(dir, FILES);
  return (await readBox(image, dir, signal)) as Box;
};

const boxName = (image: Image): string => `lab/${image.name}`;

const recipeHash = async (image: Image): Promise<string> => {
  const dir = recipeDir(image.name);
  const hash = createHash('sha256').update(`${FORMAT}\0${image.cmdline}\0`);
  for (const path of await filesBelow(dir)) hash.update(`${path}\0`).update(await readFile(join(dir, path)));
  return hash.digest('hex').slice(0, 16);
};

const readBox = async (image: Image, dir: string, signal?: AbortSignal): Promise<Box | undefined> => {
  try {
    const { version, files } = Manifest.parse(JSON.parse(await readFile(join(dir, 'box.json'), 'utf8')));
    if (!(await verifySums(dir, files, { signal })).ok) return undefined;
    const catalog = join(dir, 'catalog.json');
    // Written each time: the cache may have been moved, or be reached by another path.
    await writeFileAtomic(
      catalog,
      JSON.stringify(catalogOf(image, version, join(dir, 'box'), files.box.sha256), null, 2),
    );
    return { name: boxName(image), version, catalog };
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
};

/** A catalogue with one box, as `vagrant box add` reads it (developer.hashicorp.com/vagrant/docs/boxes/format). */
const catalogOf = (image: Image, version: string, box: string, sha256: string) => ({
  name: boxName(image),
  description: `The image ${image.name} of lab`,
  versions: [
    {
      version,
      providers: [{ name: 'libvirt', url: pathToFileURL(box).href, checksum_type: 'sha256', checksum: sha256 }],
    },
  ],
});

/** Packs the box in `dir`. */
const packBox = async (image: Image, dir: string, signal?: AbortSignal): Promise<void> => {
  const parts = join(dir, 'parts');
  await mkdir(parts, { recursive: true });
  await writeFile(join(dir, 'seed'), await seedOf(image.name));
  // A version of three numbers that only grows: day, second of the day, and nothing.
  const now = new Date();
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  const version = `${day}.${Math.floor((now.getTime() % 86_400_000) / 1000)}.0`;
  const sources = { root: image.root, disk: image.disk, seed: join(dir, 'seed') };
  for (const disk of DISKS) {
    const format = disk === 'disk' ? 'qcow2' : 'raw';
    const args = ['convert', '-f', format, '-O', 'qcow2', sources[disk], join(parts, `${disk}.img`)];
    await execa('qemu-img', args, { env: { PATH: searchPath() }, ...(signal && { cancelSignal: signal }) });
  }
  await copyFile(image.kernel, join(parts, 'kernel'));
  await copyFile(image.initrd, join(parts, 'initrd'));
  await copyFile(join(recipeDir(image.name), 'Vagrantfile'), join(parts, 'Vagrantfile'));
  const metadata = { provider: 'libvirt', format: 'qcow2', disks: DISKS.map((disk) => ({ path: `${disk}.img` })) };
  await writeFile(join(parts, 'metadata.json'), JSON.stringify(metadata, null, 2));
  const files = await readdir(parts);
  await execa('tar', ['-C', parts, '-cf', join(dir, 'box'), ...files], signal ? { cancelSignal: signal } : {});
  await Promise.all([rm(parts, { recursive: true }), rm(join(dir, 'seed'))]);
  const manifest = { version, files: await measureFiles(dir, FILES, signal) };
  await writeFile(join(dir, 'box.json'), JSON.stringify(manifest, null, 2));
};

/** The seed of every machine of the box: an archive with the modes that the guest needs, whatever the checkout's are. */
const seedOf = async (image: string): Promise<Buffer> => {
  const root = join(recipeDir(image), 'root');
  const archive = pack();
  archive.entry({ name: 'root', type: 'directory', mode: 0o700 });
  archive.entry({ name: 'root/.ssh', type: 'directory', mode: 0o700 });
  for (const path of await filesBelow(root)) {
    const content = await readFile(join(root, path));
    const program = content.subarray(0, 2).toString() === '#!';
    const mode = program ? 0o755 : path.startsWith('root/.ssh/') ? 0o600 : 0o644;
    archive.entry({ name: path, mode, uid: 0, gid: 0 }, content);
  }
  const wants = 'etc/systemd/system/multi-user.target.wants';
  archive.entry({ name: `${wants}/${UNIT}`, type: 'symlink', linkname: `../${UNIT}` });
  archive.finalize();
  return buffer(archive);
};

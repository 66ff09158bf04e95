import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ExecaError, execa } from 'execa';
import { searchPath } from '../host/tools.ts';
import { measureFiles } from '../support/checked-files.ts';
import { ExitCode, LabError } from '../support/errors.ts';
import { syncPath } from '../support/files.ts';
import { shellQuote } from '../support/shell.ts';
import { contained } from './contained.ts';
import { type BuiltManifest, IMAGE_FILES, writeManifest } from './manifest.ts';
import type { Recipe } from './recipe.ts';
import { requireBuildTools } from './tools.ts';

const SUITE = 'bookworm';

/** Flavour of Debian's kernel: with the drivers of virtual machines only, where there is such a one. */
const KERNEL = { amd64: 'cloud-amd64', arm64: 'cloud-arm64' } as const;

/** Size of a writable layer. What no guest has written takes no space. */
const DISK_BYTES = 2 * 1024 ** 3;

export interface BuildOptions {
  /** Told of each step. */
  notify: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Builds an image in an empty directory: kernel, initrd, root image, an empty writable layer and the manifest; all of
 * them are on the disk itself when this returns.
 * @throws LabError when a tool is missing or fails, with the end of its output. The signal's reason when it is aborted,
 * after every process has ended.
 */
export const buildImage = async (
  recipe: Recipe,
  dir: string,
  { notify, signal }: BuildOptions,
): Promise<BuiltManifest> => {
  await requireBuildTools(recipe.name);
  try {
    await makeDisk(join(dir, 'disk'), signal);
    const packages = await makeRoot(recipe, dir, { notify, signal });
    notify('computing checksums');
    const manifest = {
      name: recipe.name,
      architecture: recipe.architecture,
      recipe: recipe.hash,
      built: new Date().toISOString(),
      files: (await measureFiles(dir, IMAGE_FILES, signal)) as BuiltManifest['files'],
      packages,
    };
    await Promise.all(IMAGE_FILES.map((file) => syncPath(join(dir, file))));
    await writeManifest(dir, manifest);
    return manifest;
  } catch (error) {
    signal?.throwIfAborted();
    throw buildError(recipe, error);
  }
};

/** Puts kernel, initrd and root image in the directory, and gives the version of each Debian package. */
const makeRoot = async (
  recipe: Recipe,
  dir: string,
  { notify, signal }: BuildOptions,
): Promise<Record<string, string>> => {
  const boot = join(dir, 'boot');
  const temporary = join(dir, 'tmp');
  await Promise.all([mkdir(boot), mkdir(temporary)]);
  // In this directory it goes with the rest when a build is killed.
  const env = { PATH: searchPath(), LAB_KERNEL: KERNEL[recipe.architecture], TMPDIR: temporary };
  const cancel = signal && ({ cancelSignal: signal, killSignal: 'SIGKILL' } as const);
  const options = { env, stdin: 'ignore', buffer: { stdout: false }, ...cancel } as const;
  const mmdebstrap = execa(...contained('mmdebstrap', mmdebstrapArguments(recipe, boot)), options);
  const steps = (async () => {
    for await (const line of mmdebstrap.iterable({ from: 'stderr' })) {
      const step = /^I: ((?:downloading|extracting|installing|creating) .*?)(\.\.\.)?$/.exec(String(line))?.[1];
      if (step) notify(step);
    }
  })();
  const mksquashfs = ['-', join(dir, 'root'), '-tar', '-comp', 'lz4', '-noappend', '-no-progress', '-quiet'];
  await Promise.all([steps, mmdebstrap.pipe('mksquashfs', mksquashfs, { env, ...cancel })]);
  await rename(join(boot, 'kernel'), join(dir, 'kernel'));
  await rename(join(boot, 'initrd'), join(dir, 'initrd'));
  const packages = await readFile(join(boot, 'packages'), 'utf8');
  await Promise.all([boot, temporary].map((path) => rm(path, { recursive: true, force: true })));
  return Object.fromEntries(
    packages
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
};

const mmdebstrapArguments = (recipe: Recipe, boot: string): string[] => {
  return [
    '--mode=root',
    '--variant=essential',
    '--format=tar',
    `--architectures=${recipe.architecture}`,
    `--include=${recipe.packages.join(',')}`,
    // A build that a crash of the host cuts short is thrown away, so no file needs to be on disk before the next.
    '--dpkgopt=force-unsafe-io',
    ...['man', 'locale', 'doc', 'info', 'lintian'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    '--aptopt=Acquire::Languages "none"',
    '--customize-hook=mkdir "$1/recipe"',
    `--customize-hook=sync-in ${shellQuote(recipe.dir)} /recipe`,
    '--customize-hook=sh "$1/recipe/customize.sh" "$1"',
    `--customize-hook=sync-out /boot-files ${shellQuote(boot)}`,
    '--customize-hook=rm -r "$1/recipe" "$1/boot-files"',
    SUITE,
    '-',
    ...mirrors(),
  ];
};

/**
 * The package archive the user asks for; none for the one that mmdebstrap chooses, with the security updates.
 * @throws LabError (usage) when LAB_DEBIAN_MIRROR is not a URL.
 */
const mirrors = (): string[] => {
  const mirror = process.env.LAB_DEBIAN_MIRROR;
  if (!mirror) return [];
  if (URL.canParse(mirror) && !/\s/.test(mirror)) return [mirror];
  throw new LabError({
    tried: 'build an image',
    happened: `LAB_DEBIAN_MIRROR is not a URL: ${JSON.stringify(mirror)}`,
    next: 'Set it to the URL of a Debian archive, http://HOST/debian, or unset it.',
    exitCode: ExitCode.usage,
  });
};

/**
 * Makes a qcow2 image of an empty ext4 file system, for guests to write on. Not a raw file: to hash one means to read all
 * the zeros in it.
 */
const makeDisk = async (path: string, signal?: AbortSignal): Promise<void> => {
  const options = { env: { PATH: searchPath() }, ...(signal && { cancelSignal: signal }) };
  const raw = `${path}.raw`;
  {
    await using file = await open(raw, 'wx');
    await file.truncate(DISK_BYTES);
  }
  // Few inodes and a small journal, all written here: a guest would spend its first minute on them.
  const layout = ['-N', '65536', '-J', 'size=8', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard'];
  await execa('mkfs.ext4', ['-q', ...layout, raw], options);
  await execa('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, path], options);
  await rm(raw);
};

const OUTPUT_LINES = 15;
const PROGRAMS = ['mmdebstrap', 'mksquashfs', 'mkfs.ext4', 'qemu-img'];

const buildError = (recipe: Recipe, error: unknown): unknown => {
  const tried = `build image ${recipe.name}`;
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return diskFull(tried, error);
  if (!(error instanceof ExecaError)) return error;
  // When mmdebstrap fails, mksquashfs behind it does too, for want of input.
  const failed = [...(error.pipedFrom as ExecaError[]), error];
  const output = failed
    .flatMap(({ stderr }) => String(stderr ?? '').split('\n'))
    .filter((line) => line.trim() && !/^[ID]: /.test(line));
  if (output.some((line) => /No space left on device/i.test(line))) return diskFull(tried, error);
  const program = PROGRAMS.find((name) => failed[0]?.command.includes(`${name} `)) ?? error.shortMessage;
  return new LabError({
    tried,
    happened: [`${program} failed`, ...output.slice(-OUTPUT_LINES)].join('\n'),
    next: "It needs Debian's package archive: check the network, or name a mirror in LAB_DEBIAN_MIRROR.",
    cause: error,
  });
};

const diskFull = (tried: string, cause: unknown): LabError =>
  new LabError({
    tried,
    happened: 'the disk is full',
    next: 'Make 1 GB of room in the cache directory (LAB_HOME moves it), or remove images with: lab image rm',
    cause,
  });

import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import { type Registry, registryOf } from '../support/registry.ts';
import type { Family } from './families.ts';

/** A guest operating system a lab can name. */
export interface KnownImage {
  readonly name: string;
  readonly family: Family;
  /** Whether `images/<name>/` holds a recipe from which it is built for the provider `qemu`. */
  readonly built: boolean;
  /** Name of the public Vagrant box, for libvirt and VirtualBox alike. */
  readonly box: string;
  /** MiB that a machine of that box, or of the cloud image, needs at least: dnf on EL 8 is killed with less. */
  readonly boxMemory: number;
  /** What its distribution publishes for clouds, from which machines are made for the provider `qemu`. */
  readonly cloud?: CloudSource;
}

/** A qcow2 disk that a machine with a BIOS boots from, with cloud-init in it; for x86-64. */
export interface CloudSource {
  readonly url: string;
  /** List of the checksums of that file and others, SHA-256 or SHA-512. */
  readonly sums: string;
}

/** The images that labs can name; the first is what a lab gets that names none. */
export type Images = Registry<KnownImage>;

export const imagesOf = (all: Images['all']): Images =>
  registryOf(all, (name, names) => {
    const meant = nearest(name, names);
    return new LabError({
      tried: `use image ${JSON.stringify(name)}`,
      happened: `there is none of that name${meant ? `; did you mean ${meant}?` : ''}`,
      next: `The images are ${names.join(', ')}.`,
      exitCode: ExitCode.usage,
    });
  });

/** @throws LabError, exit code 2, for an image that is not built here. */
export const requireBuilt = ({ name, built }: KnownImage): void => {
  if (built) return;
  throw new LabError({
    tried: `build image ${name}`,
    happened: 'its distribution makes it',
    next: `Fetch it with: lab image fetch ${name}`,
    exitCode: ExitCode.usage,
  });
};

/** Where an image is fetched from. @throws LabError, exit code 2, for one that is not fetched. */
export const cloudSourceOf = ({ name, cloud }: KnownImage): CloudSource => {
  if (cloud) return cloud;
  throw new LabError({
    tried: `fetch image ${name}`,
    happened: 'it is built here, of packages',
    next: `Build it with: lab image build ${name}`,
    exitCode: ExitCode.usage,
  });
};

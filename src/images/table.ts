import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
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

const cloudSource = (directory: string, file: string, sums: string): CloudSource => ({
  url: `${directory}/${file}`,
  sums: `${directory}/${sums}`,
});

export const IMAGES: readonly KnownImage[] = [
  { name: 'debian12', family: 'debian', built: true, box: 'debian/bookworm64', boxMemory: 256 },
  {
    ...{ name: 'debian12-cloud', family: 'debian', built: false, box: 'debian/bookworm64', boxMemory: 512 },
    cloud: cloudSource(
      'https://cloud.debian.org/images/cloud/bookworm/latest',
      'debian-12-genericcloud-amd64.qcow2',
      'SHA512SUMS',
    ),
  },
  {
    ...{ name: 'centos8', family: 'el8', built: false, box: 'centos/8', boxMemory: 1024 },
    // The last one there will be.
    cloud: cloudSource(
      'https://cloud.centos.org/centos/8/x86_64/images',
      'CentOS-8-GenericCloud-8.4.2105-20210603.0.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
  {
    ...{ name: 'almalinux8', family: 'el8', built: false, box: 'almalinux/8', boxMemory: 1024 },
    cloud: cloudSource(
      'https://repo.almalinux.org/almalinux/8/cloud/x86_64/images',
      'AlmaLinux-8-GenericCloud-latest.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
  {
    ...{ name: 'rocky8', family: 'el8', built: false, box: 'rockylinux/8', boxMemory: 1024 },
    cloud: cloudSource(
      'https://download.rockylinux.org/pub/rocky/8/images/x86_64',
      'Rocky-8-GenericCloud-Base.latest.x86_64.qcow2',
      'CHECKSUM',
    ),
  },
];

/** What a lab gets that names no image. */
export const DEFAULT_IMAGE = 'debian12';

/** The image of that name. @throws LabError (usage) when there is none. */
export const imageNamed = (name: string): KnownImage => {
  const known = IMAGES.find((image) => image.name === name);
  if (known) return known;
  const names = IMAGES.map((image) => image.name);
  const meant = nearest(name, names);
  throw new LabError({
    tried: `use image ${JSON.stringify(name)}`,
    happened: `there is none of that name${meant ? `; did you mean ${meant}?` : ''}`,
    next: `The images are ${names.join(', ')}.`,
    exitCode: ExitCode.usage,
  });
};

/** The family of an image. @throws LabError (usage) when there is no image of that name. */
export const familyOf = (name: string): Family => imageNamed(name).family;

/** The image of that name, which can be built here. @throws LabError (usage) when there is none, or it cannot. */
export const builtImageNamed = (name: string): KnownImage => {
  const image = imageNamed(name);
  if (image.built) return image;
  throw new LabError({
    tried: `build image ${name}`,
    happened: 'its distribution makes it',
    next: `Fetch it with: lab image fetch ${name}`,
    exitCode: ExitCode.usage,
  });
};

/** The image of that name, which can be fetched. @throws LabError (usage) when there is none, or it cannot. */
export const cloudImageNamed = (name: string): KnownImage & { readonly cloud: CloudSource } => {
  const image = imageNamed(name);
  const { cloud } = image;
  if (cloud) return { ...image, cloud };
  throw new LabError({
    tried: `fetch image ${name}`,
    happened: 'it is built here, of packages',
    next: `Build it with: lab image build ${name}`,
    exitCode: ExitCode.usage,
  });
};

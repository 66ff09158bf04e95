import { ExitCode, LabError } from '../support/errors.ts';
import { nearest } from '../support/nearest.ts';
import type { Family } from './family.ts';

/** A guest operating system a lab can name. */
export interface KnownImage {
  readonly name: string;
  readonly family: Family;
  /** Whether `images/<name>/` holds a recipe from which it is built for the provider `qemu`. */
  readonly built: boolean;
}

export const IMAGES: readonly KnownImage[] = [
  { name: 'debian12', family: 'debian', built: true },
  { name: 'centos8', family: 'el8', built: false },
  { name: 'almalinux8', family: 'el8', built: false },
  { name: 'rocky8', family: 'el8', built: false },
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
    happened: `image ${name} is a Vagrant box, for the providers libvirt and virtualbox`,
    next: `For the provider qemu, use ${IMAGES.filter((other) => other.built)
      .map((other) => other.name)
      .join(' or ')}.`,
    exitCode: ExitCode.usage,
  });
};

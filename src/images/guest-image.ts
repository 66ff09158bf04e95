import { type CloudImage, ensureCloudImage } from './cloud.ts';
import { type EnsureOptions, ensureImage, type Image } from './image.ts';
import { imageNamed } from './table.ts';

/** What machines of plain QEMU are made from: an image that is built here, or one that a distribution publishes. */
export type GuestImage = Image | CloudImage;

export const isCloudImage = (image: GuestImage): image is CloudImage => !('kernel' in image);

/**
 * The image of that name, whole: from the cache, built or fetched.
 * @throws LabError when there is none of that name, or it cannot be had; the signal's reason when it is aborted.
 */
export const ensureGuestImage = (name: string, options: EnsureOptions): Promise<GuestImage> =>
  imageNamed(name).built ? ensureImage(name, options) : ensureCloudImage(name, options);

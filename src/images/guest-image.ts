import { type CloudImage, ensureCloudImage } from './cloud.ts';
import { type EnsureOptions, ensureImage, type Image } from './image.ts';
import type { KnownImage } from './registry.ts';

/** What machines of plain QEMU are made from: an image that is built here, or one that a distribution publishes. */
export type GuestImage = Image | CloudImage;

export const isCloudImage = (image: GuestImage): image is CloudImage => !('kernel' in image);

/**
 * The image, whole: from the cache, built or fetched.
 * @throws LabError when it cannot be had; the signal's reason when it is aborted.
 */
export const ensureGuestImage = (known: KnownImage, options: EnsureOptions): Promise<GuestImage> =>
  known.built ? ensureImage(known, options) : ensureCloudImage(known, options);

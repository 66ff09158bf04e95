import { checksOf } from '../checks/registry.ts';
import { CHECKS } from '../checks/vocabulary.ts';
import { type Images, imagesOf } from '../images/registry.ts';
import { IMAGES } from '../images/table.ts';
import { providersWith } from '../providers/providers.ts';
import type { Registries as TestingRegistries } from '../testing/registries.ts';

/** All that is looked up by name. */
export interface Registries extends TestingRegistries {
  readonly images: Images;
}

const images = imagesOf(IMAGES);

/** What comes with `lab`. Everything below is handed these, and looks up nothing that it was not given. */
export const REGISTRIES: Registries = { images, providers: providersWith(images), checks: checksOf(CHECKS) };

import { listImages, removeImage } from '../images/cache.ts';
import { PROVIDERS } from '../providers/providers.ts';
import { LabError } from '../support/errors.ts';
import { instanceLayout } from './instance.ts';
import { instanceNames } from './store.ts';

/** Names of the instances made from each image, by the image's id: their disks refer to it. */
export const imageUsers = async (): Promise<Map<string, string[]>> => {
  const users = new Map<string, string[]>();
  for (const name of await instanceNames()) {
    for (const provider of PROVIDERS) {
      const id = await provider.imageOf(instanceLayout(name).machines);
      if (id) users.set(id, [...(users.get(id) ?? []), name]);
    }
  }
  return users;
};

/**
 * Removes an image from the cache, by name (every version) or by id, and gives the ids of what was removed.
 * @throws LabError when there is none, or an instance is made from it.
 */
export const removeUnusedImage = async (nameOrId: string): Promise<string[]> => {
  const users = await imageUsers();
  const meant = (await listImages()).filter(({ id, name }) => id === nameOrId || name === nameOrId);
  const needed = meant.flatMap(({ id }) => users.get(id) ?? []);
  if (needed.length > 0) {
    throw new LabError({
      tried: `remove image ${nameOrId}`,
      happened: `the disks of ${needed.join(', ')} refer to it`,
      next: `take these instances down first: lab down ${needed.join(' ')}`,
    });
  }
  return removeImage(nameOrId);
};

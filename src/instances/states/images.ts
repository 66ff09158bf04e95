import { listImages, removeImage } from '../../images/cache.ts';
import { listParts, removePart } from '../../images/downloads.ts';
import type { Images } from '../../images/registry.ts';
import type { Providers } from '../../providers/registry.ts';
import { LabError } from '../../support/errors.ts';
import { LockHeld } from '../../support/lock.ts';
import { instanceLayout } from '../instance.ts';
import { instanceNames } from '../store.ts';
import { listStates, pruneStates } from './lab-states.ts';
import { isMomentId, listMoments, listUnreadableMoments, momentId } from './moments.ts';
import { lockSaved, removeSaved } from './saved.ts';

/** What images and what makes machines of them there are. */
export interface Known {
  readonly images: Images;
  readonly providers: Providers;
}

/** Names of the instances and saved moments made from each image, by the image's id: their disks refer to it. */
export const imageUsers = async (providers: Providers): Promise<Map<string, string[]>> => {
  const users = new Map<string, string[]>();
  for (const name of await instanceNames()) {
    for (const provider of providers.all) {
      const id = await provider.imageOf(instanceLayout(name).machines);
      if (id) users.set(id, [...(users.get(id) ?? []), name]);
    }
  }
  for (const { instance, name, inputs } of await listMoments()) {
    if (inputs.image) users.set(inputs.image, [...(users.get(inputs.image) ?? []), momentId(instance, name)]);
  }
  for (const { instance, name, image } of await listUnreadableMoments()) {
    if (image) users.set(image, [...(users.get(image) ?? []), momentId(instance, name)]);
  }
  return users;
};

/**
 * Removes an image from the cache, by name (every version) or by id, and gives the ids of what was removed.
 * @throws LabError when there is none, or an instance is made from it.
 */
export const removeUnusedImage = async (known: Known, nameOrId: string): Promise<string[]> => {
  const users = await imageUsers(known.providers);
  const meant = (await listImages(known.images)).filter(({ id, name }) => id === nameOrId || name === nameOrId);
  const needed = meant.flatMap(({ id }) => users.get(id) ?? []);
  if (needed.length > 0) {
    throw new LabError({
      tried: `remove image ${nameOrId}`,
      happened: `the disks of ${needed.join(', ')} refer to it`,
      next: removals(needed),
    });
  }
  const removed = await removeImage(nameOrId);
  // A state of a lab is of no use without the image that its disks refer to.
  for (const { dir, inputs } of await listStates()) if (removed.includes(inputs.image ?? '')) await removeSaved(dir);
  return removed;
};

const removals = (needed: readonly string[]): string => {
  const [moments, instances] = [needed.filter(isMomentId), needed.filter((name) => !isMomentId(name))];
  const commands = [
    ...(instances.length > 0 ? [`lab down ${instances.join(' ')}`] : []),
    ...moments.map((id) => `lab image rm ${id}`),
  ];
  return `remove what needs it first: ${commands.join(', ')}`;
};

/** What `lab image prune` removed. */
export interface Pruned {
  readonly images: readonly string[];
  readonly states: readonly string[];
}

/**
 * Removes images that are outdated and that nothing is made from (those of a newer lab stay), downloads that nobody goes on with, and states of labs
 * that were not used for longest until all together take no more than `limit` bytes. Moments that the user saved stay.
 */
export const pruneImages = async (known: Known, limit: number): Promise<Pruned> => {
  const users = await imageUsers(known.providers);
  const images = [];
  for (const { id, current, newer } of await listImages(known.images)) {
    if (!current && !newer && !users.has(id)) images.push(...(await removeUnusedImage(known, id)));
  }
  for (const { name, id } of await listParts()) {
    // Somebody may just be fetching it.
    const removed = await removePart(name).then(
      () => true,
      (error: unknown) => {
        if (error instanceof LockHeld) return false;
        throw error;
      },
    );
    if (removed) images.push(id);
  }
  await using _ = await lockSaved(() => {});
  const states = await pruneStates(limit);
  return { images, states: states.map(({ id }) => id) };
};

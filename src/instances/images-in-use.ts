import { readState } from '../providers/qemu/state.ts';
import { instanceLayout } from './instance.ts';
import { instanceNames } from './store.ts';

/** Ids of the images that instances are made from, with one such instance each: their disks refer to them. */
export const imagesInUse = async (): Promise<Map<string, string>> => {
  const used = new Map<string, string>();
  for (const name of await instanceNames()) {
    const state = await readState(instanceLayout(name).machines).catch(() => undefined);
    if (state) used.set(state.image.id, name);
  }
  return used;
};

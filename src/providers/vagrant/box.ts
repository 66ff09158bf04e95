import { type Box, ensureBox } from '../../images/box.ts';
import type { KnownImage } from '../../images/registry.ts';
import type { Notify } from '../provider.ts';
import type { Message } from './machine-readable.ts';
import { vagrant } from './vagrant.ts';

/** The box of an image that is built here, made known to Vagrant. */
export const localBox = async (
  image: KnownImage,
  provider: string,
  notify: Notify,
  signal: AbortSignal,
): Promise<Box> => {
  const box = await ensureBox(image, { notify: (line) => notify(line), signal });
  if (await isKnown(box, provider)) return box;
  notify(`giving Vagrant the box ${box.name} ${box.version}`);
  try {
    await vagrant(['box', 'add', box.catalog], { tried: `give Vagrant the box ${box.name}`, signal });
  } catch (error) {
    // Somebody else may have been faster.
    if (!(await isKnown(box, provider))) throw error;
  }
  return box;
};

const isKnown = async ({ name, version }: Box, provider: string): Promise<boolean> => {
  const messages = await vagrant(['box', 'list'], { tried: 'list the boxes of Vagrant' });
  return listedBoxes(messages).some(
    (each) => each['box-name'] === name && each['box-version'] === version && each['box-provider'] === provider,
  );
};

/** The boxes that `vagrant box list` tells of: some messages for each, its name first. */
export const listedBoxes = (messages: readonly Message[]): Record<string, string>[] => {
  const boxes: Record<string, string>[] = [];
  for (const { type, data } of messages) {
    if (type === 'box-name') boxes.push({});
    const box = boxes.at(-1);
    if (box && type.startsWith('box-')) box[type] = data[0] ?? '';
  }
  return boxes;
};

import type { Command } from 'commander';
import { listImages } from '../../images/cache.ts';
import { ensureImage } from '../../images/image.ts';
import { DEFAULT_IMAGE } from '../../images/table.ts';
import { removeUnusedImage } from '../../instances/images.ts';
import { readyHost } from '../host.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const MIB = 1024 ** 2;

export const image = (program: Command, session: Session): void => {
  const group = program
    .command('image')
    .summary('list, build and remove guest images')
    .description('Guest images: built when first needed, then cached.');
  group
    .command('list')
    .alias('ls')
    .summary('list the images that are built')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const images = (await listImages()).map(({ manifest, ...image }) => ({
        ...image,
        state: manifest === undefined ? 'damaged' : image.current ? 'current' : 'outdated',
        built: manifest?.built,
        size: manifest && Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0),
      }));
      if (flags.format === 'json') return session.print(JSON.stringify(images, null, 2));
      if (images.length === 0) return session.print('No image is built yet; the first `lab up` builds what it needs.');
      const rows = images.map(({ name, state, built, size, id }) => [
        name,
        state,
        built ?? '-',
        size === undefined ? '-' : `${Math.round(size / MIB)} MiB`,
        id,
      ]);
      session.print(table(['image', 'state', 'built', 'size', 'id'], rows));
    });
  group
    .command('build')
    .summary('build an image, unless the cache has it')
    .argument('[image]', 'its name', DEFAULT_IMAGE)
    .option('--force', 'build it anew even so')
    .option('-y, --yes', 'install what the host lacks without asking')
    .action(async (name: string, flags: { force?: boolean; yes?: boolean }) => {
      await readyHost(session, { yes: flags.yes });
      if (flags.force && (await listImages()).some((image) => image.name === name)) await removeUnusedImage(name);
      await session.show([
        {
          title: `Build image ${name}`,
          run: async ({ say }, signal) => (await ensureImage(name, { notify: say, signal })).id,
        },
      ]);
    });
  group
    .command('rm')
    .alias('remove')
    .summary('remove an image from the cache')
    .argument('<image>', 'its name, or its id for one version of it')
    .action(async (name: string) => {
      for (const id of await removeUnusedImage(name)) session.print(`removed ${id}`);
    });
};

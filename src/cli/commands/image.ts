import type { Command } from 'commander';
import { ensureImage } from '../../images/ensure.ts';
import { DEFAULT_IMAGE } from '../../images/table.ts';
import { listImages } from '../../images/list.ts';
import { removeImage } from '../../images/remove.ts';
import { imagesInUse } from '../../instances/images-in-use.ts';
import { readyHost } from '../host.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const MIB = 1024 ** 2;

export const image = (program: Command, session: Session): void => {
  const group = program.command('image').summary('list, build and remove guest images').description('Guest images: built when first needed, then cached.');
  group
    .command('list')
    .alias('ls')
    .summary('list the images there are and could be')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const images = await listImages();
      if (flags.format === 'json') return session.print(JSON.stringify(images, null, 2));
      session.print(
        table(
          ['image', 'family', 'state', 'built', 'size', 'id'],
          images.map((each) => [each.name, each.family, each.state, each.built ?? '-', each.size === undefined ? '-' : `${Math.round(each.size / MIB)} MiB`, each.id ?? '-']),
        ),
      );
    });
  group
    .command('build')
    .summary('build an image, unless the cache has it')
    .argument('[image]', 'its name', DEFAULT_IMAGE)
    .option('--force', 'build it anew even so')
    .option('-y, --yes', 'install what the host lacks without asking')
    .action(async (name: string, flags: { force?: boolean; yes?: boolean }) => {
      await readyHost(session, flags.yes === true);
      if (flags.force) await removeImage(name, await imagesInUse());
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
      const removed = await removeImage(name, await imagesInUse());
      session.print(removed.length === 0 ? `No ${name} is in the cache.` : removed.map((id) => `removed ${id}`).join('\n'));
    });
};

import { type Command, InvalidArgumentError, Option } from 'commander';
import { ensureBox } from '../../images/box.ts';
import { listImages } from '../../images/cache.ts';
import { fetchCloudImage } from '../../images/cloud.ts';
import { listParts } from '../../images/downloads.ts';
import { ensureImage } from '../../images/image.ts';
import type { Images } from '../../images/registry.ts';
import { type Checksum, checksumOf } from '../../images/sums.ts';
import { type Known, pruneImages, removeUnusedImage } from '../../instances/states/images.ts';
import { listStates, removeState, statesLimit } from '../../instances/states/lab-states.ts';
import {
  isMomentId,
  listMoments,
  listUnreadableMoments,
  momentId,
  removeMoment,
} from '../../instances/states/moments.ts';
import { ExitCode, LabError, messageOf } from '../../support/errors.ts';
import { shellQuote } from '../../support/shell.ts';
import { parseSize } from '../../support/size.ts';
import { readyHost } from '../host.ts';
import { formatOption } from '../options.ts';
import type { Session } from '../session.ts';
import { table } from '../table.ts';

const MIB = 1024 ** 2;

export const image = (program: Command, session: Session): void => {
  const group = program
    .command('image')
    .summary('list, build, fetch and remove guest images and saved states')
    .description(
      'Guest images, built or fetched when first needed, and saved states: of each lab the moment it was verified, and what `lab save` saved.',
    );
  group
    .command('list')
    .alias('ls')
    .summary('list images, and saved states of labs')
    .addOption(formatOption())
    .action(async (flags: { format: 'table' | 'json' }) => {
      const rows = await listCached(session.images);
      if (flags.format === 'json') return session.print(JSON.stringify(rows, null, 2));
      if (rows.length === 0)
        return session.print('No image is there yet; the first `lab up` builds or fetches what it needs.');
      session.print(
        table(
          ['kind', 'of', 'state', 'made', 'size', 'id'],
          rows.map(({ kind, name, state, built, size, id }) => [
            kind,
            name,
            state,
            built ?? '-',
            size === undefined ? '-' : `${Math.round(size / MIB)} MiB`,
            id,
          ]),
        ),
      );
    });
  group
    .command('build')
    .summary('build an image, unless the cache has it')
    .argument('[image]', 'its name', session.images.all[0].name)
    .option('--force', 'build it anew even so')
    .addOption(
      new Option('--format <format>', 'qemu, or a Vagrant box for libvirt of the same image')
        .choices(['qemu', 'vagrant-libvirt'])
        .default('qemu'),
    )
    .option('-y, --yes', 'install what the host lacks without asking')
    .action(async (name: string, flags: { force?: boolean; format: 'qemu' | 'vagrant-libvirt'; yes?: boolean }) => {
      await readyHost(session, { yes: flags.yes });
      if (flags.force && (await listImages(session.images)).some((image) => image.name === name))
        await removeUnusedImage(session, name);
      if (flags.format === 'qemu') {
        await session.show.step(
          `Build image ${name}`,
          ({ say }, signal) => ensureImage(session.images.named(name), { notify: say, signal }),
          { remark: ({ id }) => id },
        );
        return;
      }
      const { catalog } = await session.show.step(
        `Pack image ${name} as a Vagrant box`,
        ({ say }, signal) => ensureBox(session.images.named(name), { notify: say, signal }),
        { remark: (box) => `${box.name} ${box.version}` },
      );
      session.print(catalog);
      session.tell(`Give it to Vagrant: vagrant box add ${shellQuote(catalog)}`);
    });
  group
    .command('fetch')
    .summary('fetch an image that its distribution publishes, unless the cache has it')
    .description(
      'Fetches a cloud image for the provider qemu and verifies it. A download that broke off goes on where it was; http_proxy, https_proxy and no_proxy are heeded.',
    )
    .argument('<image>', 'its name')
    .option('--from <source>', 'URL or qcow2 file to take instead of what the distribution publishes')
    .option('--checksum <hex>', 'SHA-256 or SHA-512 that the file must have', checksum)
    .option('--complete', 'it has all packages that labs need: its machines get no way out of the host')
    .option('--force', 'fetch it though the cache has it')
    .option('-y, --yes', 'install what the host lacks without asking')
    .action(async (name: string, flags: FetchFlags) => {
      if (flags.from !== undefined && /^https?:/i.test(flags.from) && !flags.checksum) {
        throw new LabError({
          tried: `fetch image ${name} from ${flags.from}`,
          happened: 'nothing tells whether what comes is the right file',
          next: 'give its SHA-256 or SHA-512: --checksum HEX',
          exitCode: ExitCode.usage,
        });
      }
      await readyHost(session, { yes: flags.yes });
      await session.show.step(
        `Fetch image ${name}`,
        ({ say }, signal) => fetchCloudImage(session.images.named(name), flags, { notify: say, signal }),
        { remark: ({ id }) => id },
      );
    });
  group
    .command('rm')
    .alias('remove')
    .summary('remove an image or a saved state')
    .argument('<image>', 'name of an image, or an id that `lab image list` shows')
    .action(async (name: string) => {
      for (const id of await remove(session, name)) session.print(`removed ${id}`);
    });
  group
    .command('prune')
    .summary('remove outdated images, and the saved states that were not used for longest')
    .description(
      'Removes outdated images that nothing is made from and what was not fetched to its end, and of the states that `lab up` saved those that were not used for longest, until the others take no more than the limit. What `lab save` saved stays.',
    )
    .option('--limit <size>', 'what the saved states may take: 500M, 10G, 0 (default: LAB_STATES_MAX, else 10G)', size)
    .addOption(formatOption())
    .action(async (flags: { limit?: number; format: 'table' | 'json' }) => {
      const pruned = await pruneImages(session, flags.limit ?? statesLimit());
      if (flags.format === 'json') return session.print(JSON.stringify(pruned));
      const removed = [...pruned.images, ...pruned.states];
      session.print(
        removed.length === 0 ? 'Nothing was to be removed.' : removed.map((id) => `removed ${id}`).join('\n'),
      );
    });
};

interface FetchFlags {
  from?: string;
  checksum?: Checksum;
  complete?: boolean;
  force?: boolean;
  yes?: boolean;
}

const checksum = (text: string): Checksum => {
  const found = checksumOf(text);
  if (found) return found;
  throw new InvalidArgumentError('It must be 64 hex digits (SHA-256) or 128 (SHA-512).');
};

const size = (text: string): number => {
  try {
    return parseSize(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
};

/** Images, states of labs and saved moments, as one list. */
const listCached = async (known: Images) => {
  const images = (await listImages(known)).map(({ manifest, newer, ...image }) => ({
    kind: 'image' as const,
    ...image,
    state: newer ? 'newer' : manifest === undefined ? 'damaged' : image.current ? 'current' : 'outdated',
    built: manifest?.built,
    size: manifest && Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0),
  }));
  const parts = (await listParts()).map(({ id, name, dir, size, changed }) => ({
    ...{ kind: 'image' as const, id, name, dir, state: 'partial', built: changed, size },
  }));
  const states = (await listStates()).map(({ id, lab, dir, saved, size }) => ({
    ...{ kind: 'lab' as const, id, name: lab, dir, state: 'saved', built: saved, size },
  }));
  const moments = (await listMoments()).map(({ instance, name, lab, dir, saved, size }) => ({
    ...{ kind: 'moment' as const, id: momentId(instance, name), name: lab, dir, state: 'saved', built: saved, size },
  }));
  const unreadable = (await listUnreadableMoments()).map(({ instance, name, dir, newer }) => ({
    ...{ kind: 'moment' as const, id: momentId(instance, name), name: '?', dir, state: newer ? 'newer' : 'damaged' },
    ...{ built: undefined, size: undefined },
  }));
  return [...images, ...parts, ...states, ...moments, ...unreadable];
};

const remove = async (known: Known, id: string): Promise<string[]> => {
  if (isMomentId(id)) await removeMoment(id);
  else if (!(await removeState(id))) return removeUnusedImage(known, id);
  return [id];
};

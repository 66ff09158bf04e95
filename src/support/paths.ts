import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

const xdg = envPaths('lab', { suffix: '' });

const under = (folder: string, otherwise: string): string =>
  process.env.LAB_HOME ? resolve(process.env.LAB_HOME, folder) : otherwise;

/** Directory of what can be made again, images above all: the XDG cache directory, or `$LAB_HOME/cache`. */
export const cacheDir = (): string => under('cache', xdg.cache);

/** Directory of the instances: the XDG state directory (which env-paths calls `log`), or `$LAB_HOME/state`. */
export const stateDir = (): string => under('state', process.platform === 'linux' ? xdg.log : xdg.data);

/** Directory of the guest images. */
export const imagesDir = (): string => join(cacheDir(), 'images');

/** Top of the project or of the installed package: the directory that holds `images/`, `labs/` and `provision/`. */
export const projectDir: string = resolve(import.meta.dirname, '../..');

/**
 * Makes `dist/cli/`: the command line as one file, beside the one that starts it. Node looks for a thousand files
 * otherwise, whenever `lab` is called, and that takes longer than most of what it is called for.
 *
 * `npm run build` leaves the libraries out, which npm installs beside the package.
 *
 *     node scripts/bundle.ts [--package] [--into DIRECTORY]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type InputOptions, type OutputOptions, type Plugin, rolldown } from 'rolldown';
import { projectDir } from '../src/support/paths.ts';

const { package: isPackage, into } = parseArgs({
  options: {
    package: { type: 'boolean', default: false },
    into: { type: 'string', default: join(projectDir, 'dist') },
  },
}).values;

const source = (name: string) => join(projectDir, 'src', 'cli', name);
const made = (name: string) => join(into, 'cli', name);

/** Parts of them are compiled, or looked for where they are. They are loaded when they are used, which is seldom. */
const APART = ['ssh2', 'node-ssh', 'undici'];

const librariesLeftOut = async (): Promise<string[]> => {
  if (!isPackage) return APART;
  const { dependencies } = JSON.parse(await readFile(join(projectDir, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(dependencies);
};

const write = async (input: InputOptions, output: OutputOptions): Promise<void> => {
  await using bundle = await rolldown({ platform: 'node', ...input });
  await bundle.write({ format: 'esm', codeSplitting: false, ...output });
};

const libraries = await librariesLeftOut();
const external = (id: string) => libraries.some((name) => id === name || id.startsWith(`${name}/`));

await write({ input: source('run.ts'), external }, { file: made('run.js') });
// By itself: the cache of compiled code is of use only to what is loaded after it was switched on.
const run: Plugin = {
  name: 'run',
  resolveId: (id) => (id === './run.ts' ? { id: './run.js', external: true } : undefined),
};
await write({ input: source('main.ts'), plugins: [run] }, { file: made('main.js') });

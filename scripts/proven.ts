/**
 * Records the scripts of every lab as proven in every way a lab comes up: run it after `./lab selftest --full` was green. Until
 * then a lab whose scripts are others is proven so by each run of the tests.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listLabs } from '../src/lab/find.ts';
import { projectDir } from '../src/support/paths.ts';
import { digestOf } from '../test/e2e/digests.ts';

const names = (await listLabs()).map(({ name }) => name);
const digests = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await digestOf(name)] as const)));
await writeFile(join(projectDir, 'test', 'e2e', 'proven.json'), `${JSON.stringify(digests, null, 2)}\n`);

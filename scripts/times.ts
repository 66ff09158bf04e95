/** Writes what the last end-to-end runs took into test/e2e/times.json, by which files are ordered and labs dealt out. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectDir } from '../src/support/paths.ts';
import { MEASURED, TIMES, type Times } from '../test/e2e/times.ts';

const measured = JSON.parse(await readFile(MEASURED, 'utf8')) as Times;
const sorted = (seconds: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(seconds).sort(([one], [other]) => (one < other ? -1 : 1)));
const times: Times = {
  files: sorted({ ...TIMES.files, ...measured.files }),
  labs: sorted({ ...TIMES.labs, ...measured.labs }),
};
await writeFile(join(projectDir, 'test', 'e2e', 'times.json'), `${JSON.stringify(times, null, 2)}\n`);

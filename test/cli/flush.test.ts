import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { projectDir } from '../../src/support/paths.ts';

const SIZE = 3_000_000;

/** A process that prints so many bytes and exits; `ending` stands between. */
const printing = (ending: string) =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { flushed } from ${JSON.stringify(join(projectDir, 'src', 'cli', 'flush.ts'))};
       process.stdout.on('error', () => undefined);
       process.stdout.write('x'.repeat(${SIZE}));
       ${ending}
       process.exit(0);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** How much of it a reader gets that begins late. */
const readLate = async ({ stdout }: ReturnType<typeof printing>): Promise<number> => {
  let size = 0;
  stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  const ended = once(stdout, 'end');
  stdout.pause();
  await pause(300);
  stdout.resume();
  await ended;
  return size;
};

test('a slow reader gets all of it', async () => {
  expect(await readLate(printing('await flushed(process.stdout);'))).toBe(SIZE);
});

test('without waiting it would not', async () => {
  expect(await readLate(printing(''))).toBeLessThan(SIZE);
});

test('a reader that goes away holds nobody', async () => {
  const child = printing('await flushed(process.stdout);');
  child.stdout.destroy();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

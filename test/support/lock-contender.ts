import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, LockHeld } from '../../src/support/lock.ts';
import { identify } from '../../src/support/process-identity.ts';

/**
 * Takes the lock of a directory again and again, and dies with it in hand, for the test of many processes. Prints a
 * line when another live process believes to have it too.
 */
const [dir = '', rounds = '1'] = process.argv.slice(2);
const inside = join(dir, 'inside');

for (let round = Number(rounds); round > 0; ) {
  const lock = await acquireLock(join(dir, 'lock'), { what: 'the test' }).catch((error: unknown) => {
    if (!(error instanceof LockHeld)) throw error;
    return undefined;
  });
  if (!lock) continue;
  round--;
  const other = Number(await readFile(inside, 'utf8').catch(() => '0'));
  if (other && (await identify(other))) console.log(`process ${other} is inside, and so is ${process.pid}`);
  await writeFile(inside, String(process.pid));
  await sleep(Math.random() * 2);
  const own = Number(await readFile(inside, 'utf8'));
  if (own !== process.pid) console.log(`process ${own} came in while ${process.pid} was inside`);
  if (round === 0) process.kill(process.pid, 'SIGKILL');
  await writeFile(inside, '0');
  await lock.release();
}

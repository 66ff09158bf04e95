import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Turn } from '../../src/admission/turn.ts';
import { identify } from '../../src/support/process-identity.ts';

/**
 * Takes a turn on a host on which one machine at a time can come up, for the test of many processes: prints `waiting`,
 * then `mine`, and goes on until it is killed, or gives the turn back after `milliseconds`. Says so when another live
 * process believes it is its turn, too.
 */
const [dir = '', name = '', milliseconds = ''] = process.argv.slice(2);
const inside = join(dir, 'inside');

const turn = await Turn.draw(
  { instance: name, doing: `bringing up ${name}`, cpus: 1, memory: 1 },
  {
    dir: join(dir, 'queue'),
    limit: 1,
    memory: async () => ({ left: 1, most: 1, holders: [] }),
    signal: new AbortController().signal,
  },
);
console.log('waiting');
await turn.wait((line) => console.log(line));
await appendFile(inside, `begin ${process.pid}\n`);
const log = (await readFile(inside, 'utf8')).split('\n');
for (const other of log.flatMap((line) => line.match(/^begin (\d+)$/)?.[1] ?? [])) {
  const isOver = log.includes(`end ${other}`) || other === String(process.pid);
  if (!isOver && (await identify(Number(other)))) console.log(`it is the turn of ${other}, and of ${process.pid}`);
}
console.log('mine');
if (milliseconds === '') setInterval(() => {}, 1000);
else {
  await sleep(Number(milliseconds));
  await appendFile(inside, `end ${process.pid}\n`);
  await turn[Symbol.asyncDispose]();
}

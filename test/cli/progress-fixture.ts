import { setTimeout as sleep } from 'node:timers/promises';
import { runSteps } from '../../src/cli/progress.ts';
import type { Step } from '../../src/support/step.ts';

/** A program that shows steps of every sort, to be run in a terminal by the test. */
const [mode = 'ok'] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGINT', () => stop.abort(new Error('interrupted')));

const node = (name: string, milliseconds: number): Step => ({
  title: name,
  run: async ({ say }, signal) => {
    say(`\u001b[2J\u001b[31mkernel\u001b[0m of ${name}`);
    if (mode === 'interrupt' && name === 'rs2') process.kill(process.pid, 'SIGINT');
    await sleep(milliseconds, undefined, { signal });
    if (mode === 'fail' && name === 'rs2') throw new Error('rs2 panicked');
    return 'ready';
  },
  remark: String,
});

const within = (name: string, milliseconds: number): Step => ({
  title: name,
  run: async ({ show }) => {
    await show.step('Start', () => sleep(milliseconds, undefined));
    if (name === 'two') throw new Error('two panicked');
    return 'ready';
  },
  remark: String,
});

const independent: Step[] = [
  {
    title: 'Test',
    atOnce: 2,
    independent: true,
    parts: [within('one', 150), within('two', 300), within('three', 500)],
  },
];

const steps: Step[] = [
  { title: 'Build image', run: async () => '100% of 230 MiB', remark: String },
  { title: 'Boot', parts: [node('rs1', 150), node('rs2', 300), node('rs3', 20_000 * (mode === 'ok' ? 0 : 1))] },
  { title: 'Provision', run: async () => undefined },
];

try {
  await runSteps(mode === 'independent' ? independent : steps, { signal: stop.signal });
  console.log('result');
} catch (error) {
  console.log(`error: ${(error as Error).message}`);
}

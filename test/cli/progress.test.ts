import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { type ProgressOptions, runSteps } from '../../src/cli/progress.ts';
import { closingLine, duration } from '../../src/cli/progress-text.ts';
import { LabError } from '../../src/support/errors.ts';
import { type Step, showBy, together } from '../../src/support/step.ts';

/** Runs steps with plain lines and gives these, with every time written as T. */
const plainly = async (steps: Step[], options: ProgressOptions = {}) => {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const { values, error } = await runSteps(steps, { stream, ...options }).then(
    (values) => ({ values, error: undefined }),
    (error: unknown) => ({ values: undefined, error }),
  );
  return {
    values,
    error,
    lines: text
      .replace(/\d+\.\d s/g, 'T')
      .split('\n')
      .slice(0, -1),
  };
};

test('steps run in order, with a line when they begin, for what they say, and when they end', async () => {
  const { lines, error } = await plainly([
    { title: 'Build image', run: async ({ say }) => say('fetching\npackages') },
    { title: 'Start machines', run: async () => 'five', remark: String },
  ]);
  expect(error).toBeUndefined();
  expect(lines).toEqual([
    '• Build image',
    '  Build image: fetching',
    '  Build image: packages',
    '✓ Build image (T)',
    '• Start machines',
    '✓ Start machines (T): five',
  ]);
});

test('no steps draw nothing, on a terminal neither', async () => {
  expect(await plainly([], { interactive: true })).toEqual({ values: [], error: undefined, lines: [] });
});

test('what would move the cursor of a terminal is left out', async () => {
  const { lines } = await plainly([
    {
      title: 'Boot',
      run: async ({ say }) => say('\u001b[2J\u001b[1;31mred\u001b[0m\r\n\u0007bell\u009b2J'),
    },
  ]);
  expect(lines).toEqual(['• Boot', '  Boot: red', '  Boot: bell', '✓ Boot (T)']);
});

test('parts run at the same time, after the step itself', async () => {
  const order: string[] = [];
  const part = (title: string, pause: number): Step => ({
    title,
    run: async () => {
      order.push(`${title} begins`);
      await sleep(pause);
      order.push(`${title} ends`);
      return undefined;
    },
  });
  const { lines } = await plainly([
    { title: 'Boot', run: async () => void order.push('boot'), parts: [part('rs1', 60), part('rs2', 10)] },
  ]);
  expect(order).toEqual(['boot', 'rs1 begins', 'rs2 begins', 'rs2 ends', 'rs1 ends']);
  expect(lines).toEqual(['• Boot', '  ✓ rs2 (T)', '  ✓ rs1 (T)', '✓ Boot (T)']);
});

const failing = (title: string, error: Error, pause = 1): Step => ({
  title,
  run: async () => {
    await sleep(pause);
    throw error;
  },
});
const untilAborted = (title: string, ended: string[] = []): Step => ({
  title,
  run: async (_, signal) => {
    await sleep(20_000, undefined, { signal }).catch(async (reason: Error) => {
      await sleep(30);
      ended.push(title);
      throw new LabError({ tried: `wait for ${title}`, happened: 'called off', cause: reason });
    });
    return undefined;
  },
});

test('a failure ends the siblings, is thrown as it is when they have ended, and no step follows', async () => {
  const panic = new LabError({ tried: 'boot rs2', happened: 'panic' });
  const ended: string[] = [];
  const { lines, error } = await plainly([
    { title: 'Boot', parts: [untilAborted('rs1', ended), failing('rs2', panic)] },
    { title: 'Provision' },
  ]);
  expect(error).toBe(panic);
  expect(ended).toEqual(['rs1']);
  expect(lines).toEqual(['• Boot', '  ✗ rs2 (T)', '  - rs1 (T): stopped', '✗ Boot (T)']);
});

test('of several failures the first is thrown: the others may well come of it', async () => {
  const [first, second] = [new Error('first'), new Error('second')];
  const { lines, error } = await plainly([
    { title: 'Boot', parts: [failing('rs1', second, 30), failing('rs2', first)] },
  ]);
  expect(error).toBe(first);
  expect(lines).toEqual(['• Boot', '  ✗ rs2 (T)', '  - rs1 (T): stopped', '✗ Boot (T)']);
});

test('an abort while a step runs is what is thrown, whatever the step makes of it', async () => {
  const stop = new AbortController();
  const why = new Error('interrupted');
  setTimeout(() => stop.abort(why), 20);
  const { lines, error } = await plainly([{ title: 'Boot', parts: [untilAborted('rs1')] }], { signal: stop.signal });
  expect(error).toBe(why);
  expect(lines).toEqual(['• Boot', '  - rs1 (T): stopped', '- Boot (T): stopped']);
});

test('an abort between steps lets none follow', async () => {
  const stop = new AbortController();
  const why = new Error('interrupted');
  setTimeout(() => stop.abort(why), 20);
  const deaf: Step = { title: 'Start', run: () => sleep(60, undefined) };
  const { lines, error } = await plainly([deaf, { title: 'Boot' }], { signal: stop.signal });
  expect(error).toBe(why);
  expect(lines).toEqual(['• Start', '✓ Start (T)']);
});

test('as many parts run at the same time as are wanted, in their order', async () => {
  let running = 0;
  let most = 0;
  const order: string[] = [];
  const part = (title: string): Step => ({
    title,
    run: async () => {
      order.push(title);
      most = Math.max(most, ++running);
      await sleep(10);
      running--;
      return undefined;
    },
  });
  const parts = ['a', 'b', 'c', 'd', 'e'].map(part);
  await plainly([{ title: 'Test', atOnce: 2, parts }]);
  expect(most).toBe(2);
  expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('independent parts go on when one fails; its error is thrown when all have ended', async () => {
  const broken = new Error('broken');
  const ended: string[] = [];
  const slow: Step = { title: 'slow', run: () => sleep(40).then(() => void ended.push('slow')) };
  const { lines, error } = await plainly([
    { title: 'Test', atOnce: 2, independent: true, parts: [failing('bad', broken), slow, { title: 'later' }] },
    { title: 'Sum up' },
  ]);
  expect(error).toBe(broken);
  expect(ended).toEqual(['slow']);
  expect(lines).toEqual(['• Test', '  ✗ bad (T)', '  ✓ later (T)', '  ✓ slow (T)', '✗ Test (T)']);
});

test('an abort ends independent parts as well, and lets none follow', async () => {
  const stop = new AbortController();
  const why = new Error('interrupted');
  setTimeout(() => stop.abort(why), 20);
  const parts = [untilAborted('one'), { title: 'two' }];
  const { lines, error } = await plainly([{ title: 'Test', atOnce: 1, independent: true, parts }], {
    signal: stop.signal,
  });
  expect(error).toBe(why);
  expect(lines).toEqual(['• Test', '  - one (T): stopped', '- Test (T): stopped']);
});

test('steps within a step are told of by that one', async () => {
  const panic = new Error('panic');
  const { lines, error } = await plainly([
    {
      title: 'Test',
      parts: [
        {
          title: 'tun',
          run: async ({ show }) => {
            await show.steps([
              { title: 'Start', run: async ({ say }) => say('five machines') },
              { title: 'Boot', parts: [failing('rs1', panic)] },
            ]);
            return undefined;
          },
        },
      ],
    },
  ]);
  expect(error).toBe(panic);
  expect(lines).toEqual([
    '• Test',
    '  tun: • Start',
    '  tun: Start: five machines',
    '  tun: ✓ Start (T)',
    '  tun: • Boot',
    '  tun: ✗ rs1 (T)',
    '  tun: ✗ Boot (T)',
    '  ✗ tun (T)',
    '✗ Test (T)',
  ]);
});

test('steps within a step end with it, unless they clean up', async () => {
  const stop = new AbortController();
  const why = new Error('interrupted');
  const { lines, error } = await plainly(
    [
      {
        title: 'Test',
        run: async ({ show }) => {
          setTimeout(() => stop.abort(why), 20);
          await show
            .steps([untilAborted('Boot')])
            .catch(() => show.steps([{ title: 'Take down' }], { interruptible: false }));
          return undefined;
        },
      },
    ],
    { signal: stop.signal },
  );
  expect(error).toBeUndefined();
  expect(lines).toEqual([
    '• Test',
    '  Test: • Boot',
    '  Test: - Boot (T): stopped',
    '  Test: • Take down',
    '  Test: ✓ Take down (T)',
    '✓ Test (T)',
  ]);
});

test('quiet shows nothing, and does all', async () => {
  let done = 0;
  const { lines } = await plainly([{ title: 'Boot', run: async () => void done++ }], { quiet: true });
  expect(lines).toEqual([]);
  expect(done).toBe(1);
});

test('what steps give is given back, that of parts in their order', async () => {
  const show = showBy((steps, options) => runSteps(steps, { quiet: true, ...options }));
  const part = (title: string, pause: number) => ({ title, run: () => sleep(pause, title) });
  expect(await show.step('Count', async () => 5)).toBe(5);
  expect(await show.parts('Boot', [part('slow', 30), part('quick', 1)], { atOnce: 2 })).toEqual(['slow', 'quick']);
  expect(await show.steps<unknown>([part('first', 1), together('then', [part('a', 5), part('b', 1)])])).toEqual([
    'first',
    ['a', 'b'],
  ]);
  expect(await show.step('Nest', (progress) => progress.show.step('within', async () => 'deep'))).toBe('deep');
});

test('what a part gives may be a failure; the others go on, and all is given back', async () => {
  const part = (title: string, good: boolean): Step<boolean> => ({
    title,
    run: async () => good,
    failed: (value) => !value,
    remark: () => 'well',
  });
  const parts = [part('one', true), part('two', false), part('three', true)];
  const { lines, error, values } = await plainly([together('Test', parts, { atOnce: 1, independent: true })]);
  expect(error).toBeUndefined();
  expect(lines).toEqual(['• Test', '  ✓ one (T): well', '  ✗ two (T)', '  ✓ three (T): well', '✗ Test (T)']);
  expect(values).toEqual([[true, false, true]]);
});

test('times and remarks', () => {
  expect([duration(49), duration(4_240), duration(59_900), duration(125_400)]).toEqual([
    '0.0 s',
    '4.2 s',
    '59.9 s',
    '2 min 5 s',
  ]);
  expect(closingLine('Boot', 1_000, 'five\nmachines')).toBe('Boot (1.0 s): five machines');
});

const fixture = [process.execPath, `${import.meta.dirname}/progress-fixture.ts`];

test('all of it goes to stderr', async () => {
  const { stdout, stderr } = await execa(fixture[0] as string, [fixture[1] as string, 'ok']);
  expect(stdout).toBe('result');
  expect(stderr).toMatch(/^• Build image\n/);
  expect(stderr).toMatch(/\n✓ Provision \(0.0 s\)$/);
  expect(stderr).not.toContain('\u001b');
});

/** Runs the fixture in a terminal and gives what stays on the screen, and all that was written to it. */
const onTerminal = async (mode: string) => {
  const command = `stty cols 80 rows 30; exec ${fixture.join(' ')} ${mode}`;
  const { stdout } = await execa('script', ['-qec', command, '/dev/null'], {
    env: { TERM: 'xterm', CI: '', NO_COLOR: '1', FORCE_COLOR: undefined },
  });
  // The list is cleared before it is drawn for the last time.
  const last = stdout.slice(stdout.lastIndexOf('\u001b[G') + 3).replaceAll('\r', '');
  const screen = last.replaceAll('\u001b[?2026l', '').replaceAll('\u001b[?25h', '');
  return {
    written: stdout,
    screen: screen
      .replace(/\d+\.\d s/g, 'T')
      .trim()
      .split('\n'),
  };
};

const hasScript = process.platform === 'linux' && !(await execa('script', ['--version'], { reject: false })).failed;

test.runIf(hasScript)('on a terminal a live list is drawn, with what is said last beneath a step', async () => {
  const { written, screen } = await onTerminal('ok');
  expect(screen).toEqual(['✔ Build image (T): 100% of 230 MiB', '✔ Boot (T)', '✔ Provision (T)', 'result']);
  expect(written).toContain('› kernel of rs2');
  expect(written).not.toContain('\u001b[2J');
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
});

test.runIf(hasScript)('a failure shows which part it was', async () => {
  const { screen } = await onTerminal('fail');
  expect(screen).toEqual([
    '✔ Build image (T): 100% of 230 MiB',
    '✖ Boot (T)',
    '  ✔ rs1 (T): ready',
    '  ✖ rs2 (T)',
    '  ✖ rs3 (T): stopped',
    '◼ Provision',
    'error: rs2 panicked',
  ]);
});

test.runIf(hasScript)(
  'a part that fails among independent ones is drawn so at once, and the others go on',
  async () => {
    const { written, screen } = await onTerminal('independent');
    expect(screen).toEqual([
      '⚠ Test (T)',
      '  ✔ one (T): ready',
      '  ✖ two (T)',
      '  ✔ three (T): ready',
      'error: two panicked',
    ]);
    expect(written).toContain('✖ two');
    expect(written.indexOf('✖ two')).toBeLessThan(written.indexOf('✔ three'));
    expect(written).toContain('› • Start');
  },
);

test.runIf(hasScript)('Ctrl-C leaves the screen clean and the cursor there', async () => {
  const { written, screen } = await onTerminal('interrupt');
  expect(screen.at(-1)).toBe('error: interrupted');
  expect(screen).toContain('✖ Boot (T): stopped');
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'));
});

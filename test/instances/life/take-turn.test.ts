import { expect, test, vi } from 'vitest';
import { rebootNodes } from '../../../src/instances/life/reboot.ts';
import { start } from '../../../src/instances/life/start.ts';
import { stop } from '../../../src/instances/life/stop.ts';
import { takeTurn } from '../../../src/instances/life/take-turn.ts';
import { reset } from '../../../src/instances/states/rewind.ts';
import { instanceNamed } from '../../../src/instances/store.ts';
import { Interrupted } from '../../../src/support/errors.ts';
import { instancesLeft, onStage, phaseOf, smallLab, ticketsLeft } from '../stage.ts';

const theatre = onStage();

/** Somebody else's turn, until it is given back. */
const held = (): Promise<AsyncDisposable> => {
  vi.stubEnv('LAB_MAX_STARTING', '1');
  const work = { instance: 'first', what: 'bring up first', doing: 'bringing up first', nodes: smallLab().nodes };
  return takeTurn(theatre.stage.providers, work, theatre.stage.show, theatre.stage.signal);
};
const waits = (count = 1): Promise<void> =>
  vi.waitFor(() => {
    expect(theatre.stage.lines.filter((line) => /Wait for a turn: .* busy bringing up first/.test(line))).toHaveLength(
      count,
    );
  }, 3_000);

test('who comes second says for whom it waits, makes nothing meanwhile, and has its turn then', async () => {
  const turn = await held();
  const second = theatre.stage.up();
  await waits();
  expect(theatre.stage.host.acts).toEqual([]);
  expect(await instancesLeft()).toEqual([]);
  expect(await ticketsLeft()).toHaveLength(2);
  await turn[Symbol.asyncDispose]();
  await second;
  expect(await phaseOf('small')).toBe('up');
  expect(theatre.stage.steps()[0]).toBe('✓ Wait for a turn');
  expect(await ticketsLeft()).toEqual([]);
});

test('Ctrl-C while it waits leaves nothing, and holds nobody up', async () => {
  const turn = await held();
  const second = theatre.stage.up();
  await waits();
  theatre.stage.interrupt();
  await expect(second).rejects.toBeInstanceOf(Interrupted);
  expect(await instancesLeft()).toEqual([]);
  expect(await ticketsLeft()).toHaveLength(1);
  await turn[Symbol.asyncDispose]();
});

test('reboot, start and reset take turns as well', async () => {
  const { stage } = theatre;
  const { providers, show, signal } = stage;
  await stage.up(smallLab(), { name: 'reset', test: true, save: true });
  await stage.up(smallLab(), { name: 'reboot' });
  await stage.up(smallLab(), { name: 'start' });
  await stop(providers, 'start', show);
  const turn = await held();
  const all = [
    rebootNodes(providers, await instanceNamed('reboot'), ['rs1'], show, signal),
    start(providers, 'start', show, signal),
    reset(providers, 'reset', show, signal),
  ];
  await waits(3);
  const since = stage.host.acts.length;
  await turn[Symbol.asyncDispose]();
  await Promise.all(all);
  expect(stage.acts(since)).toEqual(expect.arrayContaining(['reboot rs1', 'start', 'rewind']));
});

test('memory that an instance has is waited for until that is taken down, but not by who has it already', async () => {
  const { stage } = theatre;
  await stage.up(smallLab(), { name: 'first' });
  vi.stubEnv('LAB_MAX_MEMORY', '300M');
  const second = stage.up();
  await vi.waitFor(
    () => expect(stage.lines.join('\n')).toMatch(/it needs 226 MiB of memory, and 74 MiB are left/),
    3_000,
  );
  await rebootNodes(stage.providers, await instanceNamed('first'), ['rs1'], stage.show, stage.signal);
  stage.interrupt();
  await expect(second).rejects.toBeInstanceOf(Interrupted);
});

import { expect, test } from 'vitest';
import type { Fault } from '../../../src/faults/faults.ts';
import { faultRecords } from '../../../src/instances/disturbing/fault-records.ts';
import { heal, makeFault, undoAfter, undoFaultOf } from '../../../src/instances/disturbing/faults.ts';
import { stop } from '../../../src/instances/life/stop.ts';
import { instanceStatus } from '../../../src/instances/looking/status.ts';
import { Interrupted, LabError } from '../../../src/support/errors.ts';
import { onStage } from '../stage.ts';

const theatre = onStage();
const make = (fault: Fault) =>
  makeFault(theatre.stage.providers, 'small', fault, theatre.stage.show, theatre.stage.signal);
const undo = (...numbers: number[]) =>
  heal(
    theatre.stage.providers,
    'small',
    numbers.length > 0 ? numbers : undefined,
    theatre.stage.show,
    theatre.stage.signal,
  );
const numbers = async () => (await faultRecords('small')).map(({ number }) => number);
const statuses = async () => (await instanceStatus(theatre.stage.providers, 'small')).nodes.map(({ status }) => status);

const PAUSE: Fault = { kind: 'pause', node: 'rs1' };
const KILL: Fault = { kind: 'kill', node: 'rs2' };
const PLUG: Fault = { kind: 'link', node: 'rs1', segment: 'inside' };

test('faults are made one by one, told, and undone, those of machines first', async () => {
  await theatre.stage.up();
  await make(PLUG);
  await make(PAUSE);
  await make(KILL);
  expect(await statuses()).toEqual(['paused', 'stopped']);
  expect(
    (await instanceStatus(theatre.stage.providers, 'small')).faults.map(({ number, what }) => `${number} ${what}`),
  ).toEqual([expect.stringMatching(/^1 /), '2 rs1 stands still', '3 rs2 has no power']);
  await undo();
  expect(await statuses()).toEqual(['running', 'running']);
  expect(await numbers()).toEqual([]);
  expect(theatre.stage.steps().slice(-3)).toEqual([
    '✓ Undo: rs1 stands still',
    '✓ Undo: rs2 has no power',
    expect.stringMatching(/^✓ Undo: .*rs1/),
  ]);
});

test('a fault is on record before it is made, and again under its number', async () => {
  await theatre.stage.up();
  let before: number[] = [];
  theatre.stage.when('cutPower', async () => {
    before = await numbers();
  });
  expect((await make(KILL)).number).toBe(1);
  expect(before).toEqual([1]);
  expect((await make(KILL)).number).toBe(1);
  expect(await numbers()).toEqual([1]);
});

test('what cannot be made is undone, and forgotten', async () => {
  await theatre.stage.up();
  theatre.stage.when('plug', () => {
    throw new LabError({ tried: 'plug', happened: 'no luck' });
  });
  await expect(make(PLUG)).rejects.toThrow('no luck');
  expect(await numbers()).toEqual([]);
  theatre.stage.behave({
    before: ({ what }) => {
      if (what === 'plug') throw new LabError({ tried: 'plug', happened: 'never' });
    },
  });
  await expect(make(PLUG)).rejects.toThrow('never');
  expect(await numbers()).toEqual([1]);
});

test('what cannot be undone stays on record, and the others are undone all the same', async () => {
  await theatre.stage.up();
  await make(PLUG);
  await make(PAUSE);
  theatre.stage.behave({
    before: ({ what }) => {
      if (what === 'plug') throw new LabError({ tried: 'plug', happened: 'never' });
    },
  });
  await expect(undo()).rejects.toThrow(/^cannot heal small: .*: cannot plug: never$/);
  expect(await numbers()).toEqual([1]);
  expect(await statuses()).toEqual(['running', 'running']);
  expect(theatre.stage.steps().slice(-1)[0]).toMatch(/: not undone$/);
});

test('one is undone by its number, or by what it is; a number that is not there is told', async () => {
  await theatre.stage.up();
  await make(PAUSE);
  await make(KILL);
  await undo(2);
  expect(await numbers()).toEqual([1]);
  await expect(undo(2)).rejects.toMatchObject({ exitCode: 2 });
  await undoFaultOf(theatre.stage.providers, 'small', PAUSE, theatre.stage.show, theatre.stage.signal);
  expect(await numbers()).toEqual([]);
});

test('no fault outlives the power of all machines, and none is made where they are off', async () => {
  await theatre.stage.up();
  await make(PAUSE);
  await stop(theatre.stage.providers, 'small', theatre.stage.show);
  await undo();
  expect(await numbers()).toEqual([]);
  await expect(make(KILL)).rejects.toThrow('it is stopped');
});

test('a fault for a while is undone when that is over, and when Ctrl-C comes', async () => {
  const { stage } = theatre;
  await stage.up();
  await undoAfter(stage.providers, 'small', await make(PAUSE), 5, stage.show, stage.signal);
  expect(await numbers()).toEqual([]);
  const made = await make(PAUSE);
  setTimeout(() => stage.interrupt(), 5);
  await expect(undoAfter(stage.providers, 'small', made, 60_000, stage.show, stage.signal)).rejects.toBeInstanceOf(
    Interrupted,
  );
  expect(await statuses()).toEqual(['running', 'running']);
});

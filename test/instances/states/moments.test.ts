import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { instanceLayout } from '../../../src/instances/instance.ts';
import { down } from '../../../src/instances/life/down.ts';
import { imageUsers } from '../../../src/instances/states/images.ts';
import { listMoments, removeMoment, restoreMoment, saveMoment } from '../../../src/instances/states/moments.ts';
import { momentsDir } from '../../../src/instances/states/saved.ts';
import { LabError } from '../../../src/support/errors.ts';
import { instancesLeft, onStage, phaseOf, smallLab } from '../stage.ts';

const theatre = onStage();
const save = (name = 'one', force = false) =>
  saveMoment(theatre.stage.providers, { instance: 'small', name, force }, theatre.stage.show, theatre.stage.signal);
const restore = (name = 'one') =>
  restoreMoment(theatre.stage.providers, 'small', name, theatre.stage.show, theatre.stage.signal);
const takeDown = () => down(theatre.stage.providers, 'small', () => {});
const names = async () => (await listMoments('small')).map(({ name }) => name);

/** An instance, saved with something said on it. */
const saved = async (): Promise<void> => {
  await theatre.stage.up();
  await theatre.stage.on('small', 'rs1', 'break share three');
  await save();
};
const said = () => theatre.stage.on('small', 'rs1', 'probe share');

test('an instance is put back to a moment, and runs on while that is saved', async () => {
  await saved();
  expect(theatre.stage.host.running()).toHaveLength(2);
  expect(await said()).toBe('three');
  await theatre.stage.on('small', 'rs1', 'break share four');
  await restore();
  expect(await said()).toBe('three');
  expect(theatre.stage.steps().slice(-2)).toEqual(['✓ Save small as one', '✓ Restore one']);
});

test('also where the instance was taken down since, or is half-made', async () => {
  await saved();
  await takeDown();
  await restore();
  expect(await said()).toBe('three');
  expect(await phaseOf('small')).toBe('up');
  await takeDown();
  theatre.stage.when('create', () => {
    throw new LabError({ tried: 'create', happened: 'no luck' });
  });
  await expect(theatre.stage.up(smallLab(), { keep: true })).rejects.toThrow('no luck');
  expect(await phaseOf('small')).toBe('creating');
  await restore();
  expect(await said()).toBe('three');
});

test('a moment of that name is there: it is replaced by force alone', async () => {
  await saved();
  await theatre.stage.on('small', 'rs1', 'break share four');
  await expect(save()).rejects.toMatchObject({ exitCode: 2, next: expect.stringContaining('--force') });
  await save('one', true);
  await theatre.stage.on('small', 'rs1', 'break share five');
  await restore();
  expect(await said()).toBe('four');
});

test('a moment outlives its instance, and keeps its image', async () => {
  await saved();
  await takeDown();
  expect([...(await imageUsers(theatre.stage.providers))]).toEqual([['simulated', ['small/one']]]);
  await removeMoment('small/one');
  expect([...(await imageUsers(theatre.stage.providers))]).toEqual([]);
  await expect(restore()).rejects.toMatchObject({ exitCode: 2 });
});

describe('is refused', () => {
  test('to save what does not run, what the provider cannot, and under what is no name', async () => {
    await theatre.stage.up();
    await expect(save('../x')).rejects.toMatchObject({ exitCode: 2 });
    theatre.stage.behave({ saves: false });
    await expect(save()).rejects.toMatchObject({ exitCode: 4 });
    theatre.stage.behave({});
    theatre.stage.host.cut(instanceLayout('small').machines, 'rs2');
    await expect(save()).rejects.toThrow('rs2 is crashed');
    expect(await names()).toEqual([]);
  });

  test('to restore what is not there, with what is', async () => {
    await saved();
    await expect(restore('on')).rejects.toMatchObject({ exitCode: 2, next: 'did you mean one?' });
  });

  test('to restore what was saved with another hardware, or is damaged', async () => {
    await saved();
    theatre.stage.behave({ hardware: 'another' });
    await expect(restore()).rejects.toThrow('it was saved with another hardware: one, not another');
    theatre.stage.behave({});
    await writeFile(join(momentsDir(), 'small', 'one', 'rs1', 'memory'), 'damaged!');
    await expect(restore()).rejects.toThrow('the saved machines are damaged');
    expect(await said()).toBe('three');
  });

  test('to restore what was made anew since, from another lab file', async () => {
    await saved();
    await takeDown();
    await theatre.stage.up(smallLab({ summary: 'another' }));
    await expect(restore()).rejects.toThrow('from another lab file');
  });
});

test.each(['fails', 'is interrupted'])(
  'a save that %s leaves nothing half-made, and the machines run on',
  async (how) => {
    await theatre.stage.up();
    theatre.stage.when('save', () => {
      if (how === 'fails') throw new LabError({ tried: 'save', happened: 'no luck' });
      theatre.stage.interrupt();
    });
    await expect(save()).rejects.toThrow();
    expect((await readdir(momentsDir())).filter((name) => name.startsWith('.saving'))).toEqual([]);
    expect(await names()).toEqual([]);
    theatre.stage.goOn();
    expect(await said()).toBe('');
  },
);

test.each(['create', 'start'] as const)('an instance that cannot be made again at %s leaves nothing', async (what) => {
  await saved();
  await takeDown();
  theatre.stage.when(what, () => {
    throw new LabError({ tried: 'restore', happened: 'no luck' });
  });
  await expect(restore()).rejects.toThrow('no luck');
  expect(await instancesLeft()).toEqual([]);
  expect(theatre.stage.host.running()).toEqual([]);
  expect(await names()).toEqual(['one']);
});

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exclusively } from '../../../src/instances/exclusive.ts';
import { instanceLayout, type Phase } from '../../../src/instances/instance.ts';
import { down } from '../../../src/instances/life/down.ts';
import { prune } from '../../../src/instances/life/prune.ts';
import { allInstances } from '../../../src/instances/looking/status.ts';
import { statesDir } from '../../../src/instances/states/saved.ts';
import { createInstance, disown } from '../../../src/instances/store.ts';
import { LabError } from '../../../src/support/errors.ts';
import { identify, type ProcessIdentity } from '../../../src/support/process-identity.ts';
import { instancesLeft, onStage, phaseOf, smallLab } from '../stage.ts';

const theatre = onStage();
const takeDown = (name = 'small') => down(theatre.stage.providers, name, () => {});
const pruneAll = () => prune(theatre.stage.providers);

const record = (name: string, phase: Phase, owner?: ProcessIdentity): Promise<void> =>
  createInstance({
    ...{ name, phase, lab: 'small', provider: 'simulated', image: 'simulated', created: '', definition: smallLab() },
    ...(owner && { owner }),
  });
const self = async (): Promise<ProcessIdentity> => (await identify(process.pid)) as ProcessIdentity;
const dead = async (): Promise<ProcessIdentity> => ({ ...(await self()), started: 'before the flood' });

test('down removes all of an instance, and nothing of another', async () => {
  await theatre.stage.up();
  await theatre.stage.up(smallLab(), { name: 'other' });
  await takeDown();
  expect(await instancesLeft()).toEqual(['other']);
  expect(theatre.stage.host.running()).toEqual(['other/rs1', 'other/rs2']);
});

test('down refuses what is not there, and what somebody works on', async () => {
  await expect(takeDown()).rejects.toMatchObject({ exitCode: 2 });
  await theatre.stage.up();
  await exclusively('small', 'hold it', () => expect(takeDown()).rejects.toMatchObject({ exitCode: 3 }));
  expect(await phaseOf('small')).toBe('up');
});

test('down removes what is half-made, and what is damaged', async () => {
  await record('half', 'creating');
  await mkdir(instanceLayout('damaged').machines, { recursive: true });
  await writeFile(instanceLayout('damaged').record, '{');
  await takeDown('half');
  await takeDown('damaged');
  expect(await instancesLeft()).toEqual([]);
});

test('a removal that is cut short is on record, and can be done again', async () => {
  await theatre.stage.up();
  theatre.stage.when('remove', () => {
    throw new LabError({ tried: 'remove', happened: 'the power went out' });
  });
  await expect(takeDown()).rejects.toThrow('the power went out');
  expect(await phaseOf('small')).toBe('removing');
  expect(await allInstances()).toMatchObject([{ name: 'small', leftBehind: true }]);
  await takeDown();
  expect(await instancesLeft()).toEqual([]);
  expect(theatre.stage.host.running()).toEqual([]);
});

test('prune removes what killed runs left, and leaves alone what is whole, owned by the living, or worked on', async () => {
  await record('creating', 'creating');
  await record('removing', 'removing');
  await record('orphan', 'up', await dead());
  await record('test', 'up', await self());
  await record('up', 'up');
  await record('stopped', 'stopped');
  await record('busy', 'creating');
  await mkdir(instanceLayout('damaged').dir, { recursive: true });
  await writeFile(instanceLayout('damaged').record, '{');
  await exclusively('busy', 'bring it up', async () => {
    const listed = await allInstances();
    const left = listed.filter((each) => 'leftBehind' in each && each.leftBehind).map(({ name }) => name);
    expect(left.sort()).toEqual(['creating', 'orphan', 'removing']);
    expect(await pruneAll()).toEqual([
      'instance creating, which never finished coming up',
      'instance damaged, which is damaged',
      'instance orphan, whose test was killed',
      'instance removing, which never finished going down',
    ]);
  });
  expect(await instancesLeft()).toEqual(['busy', 'stopped', 'test', 'up']);
});

test('an instance that was disowned outlives who made it', async () => {
  await record('mine', 'up', await dead());
  await disown('mine');
  expect(await pruneAll()).toEqual([]);
});

test('prune ends machines whose instance is gone, and half-made saved states', async () => {
  await theatre.stage.up();
  await theatre.stage.up(smallLab(), { name: 'other' });
  await rm(instanceLayout('small').dir, { recursive: true });
  await mkdir(join(statesDir(), '.saving-x'), { recursive: true });
  expect(await pruneAll()).toEqual([
    `${join(statesDir(), '.saving-x')}, a half-made saved state`,
    `machines of ${instanceLayout('small').machines}, whose instance is gone`,
  ]);
  expect(theatre.stage.host.running()).toEqual(['other/rs1', 'other/rs2']);
});

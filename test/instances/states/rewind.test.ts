import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultRecords, writeFaultRecords } from '../../../src/instances/disturbing/fault-records.ts';
import { reset } from '../../../src/instances/states/rewind.ts';
import { instanceNamed } from '../../../src/instances/store.ts';
import { LabError } from '../../../src/support/errors.ts';
import { onStage, phaseOf, smallLab, ticketsLeft } from '../stage.ts';

const theatre = onStage();
const resetIt = () => reset(theatre.stage.providers, 'small', theatre.stage.show, theatre.stage.signal);
const upAndSaved = () => theatre.stage.up(smallLab(), { test: true, save: true });

test('what was done since it came up is gone, faults too', async () => {
  await upAndSaved();
  await theatre.stage.on('small', 'rs1', 'break share');
  await writeFaultRecords('small', [{ number: 1, since: '', fault: { kind: 'pause', node: 'rs2' } }]);
  await resetIt();
  expect(await theatre.stage.on('small', 'rs1', 'probe share')).toBe('');
  expect(await faultRecords('small')).toEqual([]);
  expect(await phaseOf('small')).toBe('up');
  expect(theatre.stage.steps().at(-1)).toBe('✓ Reset small');
  expect(await ticketsLeft()).toEqual([]);
});

describe('is refused, with the instance as it was,', () => {
  test('where it was not saved', async () => {
    await theatre.stage.up();
    await expect(resetIt()).rejects.toThrow('it was not saved when it came up');
    expect(theatre.stage.host.running()).toHaveLength(2);
  });

  test('where its saved state is gone', async () => {
    await upAndSaved();
    const { state } = await instanceNamed('small');
    await rm(state as string, { recursive: true });
    await expect(resetIt()).rejects.toThrow('its saved state is gone');
    expect(theatre.stage.acts()).not.toContain('rewind');
  });

  test('where its saved state is damaged, which is dropped then', async () => {
    await upAndSaved();
    const { state } = await instanceNamed('small');
    await writeFile(join(state as string, 'rs1', 'memory'), 'damaged!');
    await expect(resetIt()).rejects.toThrow(/its saved state was damaged .* so it is dropped/);
    await expect(resetIt()).rejects.toThrow('its saved state is gone');
    expect(await phaseOf('small')).toBe('up');
  });
});

test.each(['rewind', 'start'] as const)('when it fails at %s, it is stopped whole', async (what) => {
  await upAndSaved();
  theatre.stage.when(what, () => {
    throw new LabError({ tried: 'rewind', happened: 'no luck' });
  });
  await expect(resetIt()).rejects.toThrow('no luck');
  expect(await phaseOf('small')).toBe('stopped');
  expect(theatre.stage.host.running()).toEqual([]);
});

test('Ctrl-C does not leave it between what it was and what it is to be', async () => {
  await upAndSaved();
  await theatre.stage.on('small', 'rs1', 'break share');
  theatre.stage.when('start', () => theatre.stage.interrupt());
  await resetIt();
  expect(await phaseOf('small')).toBe('up');
  theatre.stage.goOn();
  expect(await theatre.stage.on('small', 'rs1', 'probe share')).toBe('');
});

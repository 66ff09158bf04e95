import { describe, expect, test } from 'vitest';
import { faultRecords, writeFaultRecords } from '../../../src/instances/disturbing/fault-records.ts';
import { exclusively } from '../../../src/instances/exclusive.ts';
import { instanceLayout } from '../../../src/instances/instance.ts';
import { start } from '../../../src/instances/life/start.ts';
import { stop } from '../../../src/instances/life/stop.ts';
import { createInstance, enterPhase, instanceNamed } from '../../../src/instances/store.ts';
import { Interrupted, LabError } from '../../../src/support/errors.ts';
import { onStage, phaseOf, smallLab, ticketsLeft } from '../stage.ts';

const theatre = onStage();
const stopIt = () => stop(theatre.stage.providers, 'small', theatre.stage.show);
const startIt = () => start(theatre.stage.providers, 'small', theatre.stage.show, theatre.stage.signal);

test('stop shuts machines down and keeps their disks, start boots them again', async () => {
  await theatre.stage.up();
  await theatre.stage.on('small', 'rs1', 'break share');
  theatre.stage.host.machine(instanceLayout('small').machines, 'rs1')?.disk.set('/root/mine', 'kept');
  await stopIt();
  expect(await phaseOf('small')).toBe('stopped');
  expect(theatre.stage.host.running()).toEqual([]);
  await startIt();
  expect(await phaseOf('small')).toBe('up');
  const machine = theatre.stage.host.machine(instanceLayout('small').machines, 'rs1');
  expect([machine?.origin, machine?.memory.size, machine?.disk.get('/root/mine')]).toEqual(['cold', 0, 'kept']);
  expect(theatre.stage.steps().slice(-3)).toEqual(['✓ Stop small', '✓ Start machines', '✓ Boot']);
  expect(await ticketsLeft()).toEqual([]);
});

test('stopping what is stopped, and starting what runs, is no error', async () => {
  await theatre.stage.up();
  const since = theatre.stage.host.acts.length;
  await startIt();
  expect(theatre.stage.acts(since)).toEqual([]);
  await stopIt();
  await stopIt();
  expect(await phaseOf('small')).toBe('stopped');
});

test('one machine that was lost has all of them started anew, and faults forgotten', async () => {
  await theatre.stage.up();
  await writeFaultRecords('small', [{ number: 1, since: '', fault: { kind: 'kill', node: 'rs2' } }]);
  theatre.stage.host.cut(instanceLayout('small').machines, 'rs2');
  await startIt();
  expect(theatre.stage.acts().slice(-4)).toEqual(['stop', 'start', 'ready rs1', 'ready rs2']);
  expect(await faultRecords('small')).toEqual([]);
});

test('when those do not start either, it is stopped, also on record', async () => {
  await theatre.stage.up();
  theatre.stage.host.cut(instanceLayout('small').machines, 'rs2');
  theatre.stage.when('start', () => {
    throw new LabError({ tried: 'start', happened: 'no luck' });
  });
  await expect(startIt()).rejects.toThrow('no luck');
  expect(await phaseOf('small')).toBe('stopped');
});

test('machines that a killed save left paused are woken, not booted', async () => {
  await theatre.stage.up();
  await theatre.stage.on('small', 'rs1', 'break share');
  for (const node of ['rs1', 'rs2']) {
    const machine = theatre.stage.host.machine(instanceLayout('small').machines, node);
    if (machine) machine.status = 'paused';
  }
  await startIt();
  expect(await theatre.stage.on('small', 'rs1', 'probe share')).toBe('fail');
});

describe.each(['start', 'ready'] as const)('when it comes to %s', (what) => {
  test.each([
    ['fails', new LabError({ tried: 'start', happened: 'no luck' })],
    ['is interrupted', undefined],
  ])('and that %s, it is stopped whole', async (_, failure) => {
    await theatre.stage.up();
    await stopIt();
    theatre.stage.when(what, () => {
      if (failure) throw failure;
      theatre.stage.interrupt();
    });
    const error = await startIt().catch((thrown: unknown) => thrown);
    if (failure) expect(error).toBe(failure);
    else expect(error).toBeInstanceOf(Interrupted);
    expect(await phaseOf('small')).toBe('stopped');
    expect(theatre.stage.host.running()).toEqual([]);
    expect(await ticketsLeft()).toEqual([]);
    theatre.stage.goOn();
    await startIt();
    expect(await phaseOf('small')).toBe('up');
  });
});

test('a machine that cannot be stopped leaves the instance as it was on record', async () => {
  await theatre.stage.up();
  theatre.stage.when('stop', () => {
    throw new LabError({ tried: 'stop', happened: 'it clings to life' });
  });
  await expect(stopIt()).rejects.toThrow('clings');
  expect(await phaseOf('small')).toBe('up');
});

test('what never finished coming up is neither stopped nor started, and what is not there is told', async () => {
  await expect(stopIt()).rejects.toMatchObject({ exitCode: 2 });
  await expect(startIt()).rejects.toMatchObject({ exitCode: 2 });
  const record = { lab: 'small', provider: 'simulated', image: 'simulated', created: '' };
  await createInstance({ ...record, name: 'small', phase: 'creating', definition: smallLab() });
  await expect(stopIt()).rejects.toThrow('it never finished coming up');
  await enterPhase(await instanceNamed('small'), 'removing');
  await expect(startIt()).rejects.toThrow('its removal was cut short');
});

test('who holds an instance has it alone', async () => {
  await theatre.stage.up();
  await exclusively('small', 'hold it', async () => {
    await expect(stopIt()).rejects.toMatchObject({ exitCode: 3 });
    await expect(startIt()).rejects.toMatchObject({ exitCode: 3 });
  });
  expect(await phaseOf('small')).toBe('up');
});

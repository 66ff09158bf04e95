import { expect, test } from 'vitest';
import { rebootNodes } from '../../../src/instances/life/reboot.ts';
import { instanceNamed } from '../../../src/instances/store.ts';
import { LabError } from '../../../src/support/errors.ts';
import { onStage, phaseOf, ticketsLeft } from '../stage.ts';

const theatre = onStage();
const reboot = async (...nodes: string[]) =>
  rebootNodes(theatre.stage.providers, await instanceNamed('small'), nodes, theatre.stage.show, theatre.stage.signal);

test('those nodes are rebooted that are named, and no others', async () => {
  await theatre.stage.up();
  for (const node of ['rs1', 'rs2']) await theatre.stage.on('small', node, 'break share');
  await reboot('rs2');
  expect(theatre.stage.acts().slice(-1)).toEqual(['reboot rs2']);
  expect(await theatre.stage.on('small', 'rs1', 'probe share')).toBe('fail');
  expect(await theatre.stage.on('small', 'rs2', 'probe share')).toBe('');
  expect(theatre.stage.lines.slice(-3)).toEqual(['• Reboot', '  ✓ rs2: ready', '✓ Reboot']);
});

test('one that does not come back is told, and the instance stays', async () => {
  await theatre.stage.up();
  theatre.stage.when('reboot', () => {
    throw new LabError({ tried: 'reboot rs1', happened: 'it does not come back' });
  });
  await expect(reboot('rs1', 'rs2')).rejects.toThrow('it does not come back');
  expect(await phaseOf('small')).toBe('up');
  expect(await ticketsLeft()).toEqual([]);
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { bundlesDir } from '../../src/instances/bundle.ts';
import { exclusively } from '../../src/instances/exclusive.ts';
import { instanceLayout } from '../../src/instances/instance.ts';
import { instanceNamed } from '../../src/instances/store.ts';
import { exitCodeOf } from '../../src/report/report.ts';
import { Interrupted, LabError } from '../../src/support/errors.ts';
import { diagnoseInstance } from '../../src/testing/diagnose.ts';
import { testInstance } from '../../src/testing/verify.ts';
import { SimulatedLab } from '../checks/simulated-lab.ts';
import { onStage, phaseOf } from '../instances/stage.ts';
import { labWith } from '../traffic/tun-basic.ts';

const theatre = onStage();
const testIt = async (names?: string[]) =>
  testInstance(theatre.stage, await instanceNamed('small'), names, theatre.stage.show, theatre.stage.signal);
const bundles = () => readdir(bundlesDir()).catch(() => []);

test('the checks of the lab are made, or those that are named, in their order', async () => {
  await theatre.stage.up();
  const { report, bundle } = await testIt();
  expect(report).toMatchObject({ lab: 'small', instance: 'small', provider: 'simulated', bursts: [] });
  expect(report.verdicts.map(({ check, status }) => [check, status])).toEqual([
    ['rotation', 'pass'],
    ['share', 'pass'],
  ]);
  expect(bundle).toBeUndefined();
  expect(await bundles()).toEqual([]);
  const named = await testIt(['reboot', 'share']);
  expect(named.report.verdicts.map(({ check }) => check)).toEqual(['reboot', 'share']);
  await expect(testIt(['shear'])).rejects.toMatchObject({ exitCode: 2, next: expect.stringContaining('share') });
});

describe.each([
  ['fail', 1, 'share is broken on rs2'],
  ['error', 3, 'the check broke: Error: rs2 cannot be looked at'],
])('a check that gives %s', (status, exitCode, summary) => {
  test('leaves what explains it: the report, the state of every node, the diagnosis', async () => {
    await theatre.stage.up();
    await theatre.stage.on('small', 'rs2', `break share ${status}`);
    const { report, bundle } = await testIt();
    expect(report.verdicts[1]).toMatchObject({ check: 'share', status, summary });
    expect(exitCodeOf(report.verdicts)).toBe(exitCode);
    expect(report.diagnosis).toBeDefined();
    const files = await readdir(bundle as string, { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['diagnosis.txt', 'diagnosis/rs1.txt', 'report.json', 'state/rs1.txt', 'state/rs2.txt']),
    );
    expect(JSON.parse(await readFile(join(bundle as string, 'report.json'), 'utf8'))).toMatchObject({ exitCode });
    expect(theatre.stage.steps().slice(-2)).toEqual(['✓ Verify: 1 of 2 checks passed', '✓ Diagnose']);
    expect(await phaseOf('small')).toBe('up');
  });
});

test('where every check is skipped, nothing was checked, and nothing is to be explained', async () => {
  await theatre.stage.up();
  for (const name of ['rotation', 'share']) await theatre.stage.on('small', 'rs1', `break ${name} skip`);
  const { report, bundle } = await testIt();
  expect(exitCodeOf(report.verdicts)).toBe(4);
  expect(bundle).toBeUndefined();
});

test('a node that does not answer is said so in the bundle, and the verdicts stand', async () => {
  await theatre.stage.up();
  theatre.stage.behave({
    answer: ({ node }, command) => {
      if (command === 'probe share') return { stdout: 'fail' };
      if (node === 'rs1' && !command.startsWith('probe'))
        throw new LabError({ tried: 'ask rs1', happened: 'it hangs' });
      return undefined;
    },
  });
  const { report, bundle } = await testIt();
  expect(report.verdicts.map(({ status }) => status)).toEqual(['pass', 'fail']);
  expect(await readFile(join(bundle as string, 'state', 'rs1.txt'), 'utf8')).toBe(
    'it could not be asked: cannot ask rs1: it hangs\n',
  );
});

test('machines that do not run are told instead of tested', async () => {
  await theatre.stage.up();
  theatre.stage.host.cut(instanceLayout('small').machines, 'rs2');
  await expect(testIt()).rejects.toThrow('not all of its machines run: rs2 is crashed');
});

test('Ctrl-C ends it, with nothing written', async () => {
  await theatre.stage.up();
  theatre.stage.when('run', () => theatre.stage.interrupt(), { command: 'probe share' });
  await expect(testIt()).rejects.toBeInstanceOf(Interrupted);
  expect(await bundles()).toEqual([]);
  expect(await phaseOf('small')).toBe('up');
});

test('who works on an instance has it alone', async () => {
  await theatre.stage.up();
  await exclusively('small', 'hold it', () => expect(testIt()).rejects.toMatchObject({ exitCode: 3 }));
});

test('real checks look at packets and answers of such machines as at any', async () => {
  const { stage } = theatre;
  const checks = ['reachable', 'rotation', 'encapsulated'].map((name) => ({ name, options: {} }));
  const lab = { ...labWith(), checks, nodes: labWith().nodes.map((node) => ({ ...node, memory: 1 })) };
  const wire = new SimulatedLab(lab);
  stage.behave({
    answer: async ({ node }, command, options) =>
      /curl -q|access/.test(command) ? (await wire.guest(node)).run(command, options) : undefined,
    packets: async (node, segment) => (await wire.capture(node, segment)).stop(),
  });
  await stage.up(lab);
  const { report } = await testInstance(
    { providers: stage.providers, checks: REGISTRIES.checks },
    await instanceNamed('tun-basic'),
    undefined,
    stage.show,
    stage.signal,
  );
  expect(report.verdicts.map(({ check, status }) => `${check} ${status}`)).toEqual([
    'reachable pass',
    'rotation pass',
    'encapsulated pass',
  ]);
});

test('a diagnosis says which machines do not run', async () => {
  const { stage } = theatre;
  await stage.up();
  stage.host.cut(instanceLayout('small').machines, 'rs2');
  const diagnosis = await diagnoseInstance(stage, await instanceNamed('small'), stage.show, stage.signal);
  expect(diagnosis.healthy).toBe(false);
  expect(diagnosis.causes[0]).toMatchObject({ node: 'rs2' });
});

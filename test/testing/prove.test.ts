import { describe, expect, test } from 'vitest';
import { instanceNamed } from '../../src/instances/store.ts';
import type { Lab, Sabotage } from '../../src/lab/lab.ts';
import { exitCodeOf } from '../../src/report/report.ts';
import { Interrupted } from '../../src/support/errors.ts';
import { proveInstance } from '../../src/testing/prove.ts';
import { onStage, phaseOf, smallLab } from '../instances/stage.ts';

const theatre = onStage();

const sabotage = (name: string, change: Partial<Sabotage> = {}): Sabotage => ({
  name,
  summary: `${name} breaks`,
  break: [{ node: 'rs1', command: `break ${name}` }],
  undo: [{ node: 'rs1', command: `mend ${name}` }],
  red: [name],
  ...change,
});
const labOf = (...sabotages: Sabotage[]): Lab => {
  const checks = ['rotation', 'share', 'reboot'].map((name) => ({ name, options: {} }));
  return smallLab({ checks, sabotages });
};

const prove = async (lab: Lab) => {
  const { stage } = theatre;
  await stage.up(lab);
  const proven = await proveInstance(stage, await instanceNamed('small'), stage.show, stage.signal);
  const told = proven.report.verdicts.map(({ check, status, summary }) => `${check} ${status}: ${summary}`);
  return { ...proven, told, exitCode: exitCodeOf(proven.report.verdicts) };
};
const commands = (since = 0): string[] =>
  theatre.stage.host.acts
    .slice(since)
    .flatMap(({ node, command }) => (command && !command.startsWith('cat >') ? [`${node}: ${command}`] : []));

test('each sabotage that its checks see, and no others, is a proof', async () => {
  const { told, exitCode, bundle } = await prove(labOf(sabotage('rotation'), sabotage('share')));
  expect(told).toEqual([
    'rotation pass: rotation is well',
    'share pass: share is well',
    'reboot pass: reboot is well',
    'prove/rotation pass: rotation breaks: rotation red, nothing else; mended, all green',
    'prove/share pass: share breaks: share red, nothing else; mended, all green',
  ]);
  expect(exitCode).toBe(0);
  expect(bundle).toBeUndefined();
  expect(theatre.stage.steps().slice(-2)).toEqual([
    '✓ Prove rotation: pass: rotation breaks: rotation red, nothing else; mended, all green',
    '✓ Prove share: pass: share breaks: share red, nothing else; mended, all green',
  ]);
});

test('what is broken is looked at, mended, and what was red looked at again; all of it after the last one', async () => {
  await theatre.stage.up(labOf(sabotage('rotation'), sabotage('share')));
  const since = theatre.stage.host.acts.length;
  const { stage } = theatre;
  await proveInstance(stage, await instanceNamed('small'), stage.show, stage.signal);
  const story = commands(since).filter((line) => line.startsWith('rs1:'));
  // Checks that look do so side by side.
  const probed = (from: number, to: number) => story.slice(from, to).toSorted();
  expect(probed(0, 3)).toEqual(['rs1: probe reboot', 'rs1: probe rotation', 'rs1: probe share']);
  expect(story[3]).toBe('rs1: break rotation');
  // The one that disturbs the lab is not concerned.
  expect(probed(4, 6)).toEqual(['rs1: probe rotation', 'rs1: probe share']);
  expect(story.slice(6, 9)).toEqual(['rs1: mend rotation', 'rs1: probe rotation', 'rs1: break share']);
  expect(story[11]).toBe('rs1: mend share');
  expect(probed(12, 14)).toEqual(['rs1: probe rotation', 'rs1: probe share']);
  expect(story).toHaveLength(14);
});

describe('a proof fails', () => {
  test.each([
    [
      'where its check does not see it',
      { break: [{ node: 'rs1', command: 'true' }] },
      'fail',
      'share did not fail: share is well',
      1,
    ],
    [
      'where others see it, too',
      {
        break: ['share', 'rotation'].map((name) => ({ node: 'rs1', command: `break ${name}` })),
        undo: ['share', 'rotation'].map((name) => ({ node: 'rs1', command: `mend ${name}` })),
      },
      'fail',
      'rotation failed as well: rotation is broken on rs1',
      1,
    ],
    [
      'where it is not mended',
      { undo: [{ node: 'rs1', command: 'true' }] },
      'fail',
      'share is still red after all was mended: share is broken on rs1',
      1,
    ],
    [
      'where a check could not look',
      { break: [{ node: 'rs1', command: 'break share error' }] },
      'error',
      'share could not look: the check broke: Error: rs1 cannot be looked at',
      3,
    ],
  ])('%s', async (_, change, status, summary, exitCode) => {
    const proven = await prove(labOf(sabotage('share', change)));
    expect(proven.told.at(-1)).toBe(`prove/share ${status}: ${summary}`);
    expect(proven.exitCode).toBe(exitCode);
    expect(proven.bundle).toBeDefined();
    const last = proven.report.verdicts.at(-1);
    expect(last?.evidence.map(({ title }) => title)).toEqual([
      'what broke it',
      'while it was broken',
      'what mended it',
      'after it was mended',
    ]);
  });

  test('and those after it are made all the same', async () => {
    const blind = sabotage('share', { break: [{ node: 'rs1', command: 'true' }] });
    const { told } = await prove(labOf(blind, sabotage('rotation')));
    expect(told.slice(-2)).toEqual([
      'prove/share fail: share did not fail: share is well',
      expect.stringMatching(/^prove\/rotation pass/),
    ]);
  });
});

test('a lab that is red already proves nothing', async () => {
  await theatre.stage.up(labOf(sabotage('rotation')));
  await theatre.stage.on('small', 'rs2', 'break share');
  const { told, exitCode, bundle } = await prove(labOf(sabotage('rotation')));
  expect(told.map((line) => line.split(' ')[0])).toEqual(['rotation', 'share', 'reboot']);
  expect(exitCode).toBe(1);
  expect(bundle).toBeDefined();
  expect(commands()).not.toContain('rs1: break rotation');
});

test('a lab without sabotages has nothing to prove', async () => {
  await expect(prove(labOf())).rejects.toMatchObject({ exitCode: 2, happened: 'the lab small has no sabotages' });
});

describe('what was broken is mended', () => {
  test('also when Ctrl-C comes', async () => {
    const lab = labOf(sabotage('rotation'), sabotage('share'));
    await theatre.stage.up(lab);
    theatre.stage.when(
      'run',
      () => theatre.stage.when('run', () => theatre.stage.interrupt(), { command: 'probe share' }),
      {
        command: 'break rotation',
      },
    );
    await expect(prove(lab)).rejects.toBeInstanceOf(Interrupted);
    expect(commands().at(-1)).toBe('rs1: mend rotation');
    expect(commands()).not.toContain('rs1: break share');
    expect(await phaseOf('small')).toBe('up');
  });

  test('also when only half of it could be broken', async () => {
    const half = sabotage('share', {
      break: [
        { node: 'rs1', command: 'break share' },
        { node: 'rs2', command: 'explode' },
      ],
    });
    theatre.stage.behave({ answer: (_, command) => (command === 'explode' ? { exitCode: 1 } : undefined) });
    await expect(prove(labOf(half))).rejects.toThrow('cannot run explode on rs2');
    expect(commands().at(-1)).toBe('rs1: mend share');
  });
});

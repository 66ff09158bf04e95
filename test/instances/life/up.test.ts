import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { exclusively } from '../../../src/instances/exclusive.ts';
import { type Instance, instanceLayout, placeOf } from '../../../src/instances/instance.ts';
import { type UpResult, up } from '../../../src/instances/life/up.ts';
import type { UpRequest, Verify } from '../../../src/instances/life/up-request.ts';
import { listStates } from '../../../src/instances/states/lab-states.ts';
import { statesDir } from '../../../src/instances/states/saved.ts';
import { createInstance, readInstance } from '../../../src/instances/store.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { CannotResume } from '../../../src/providers/provider.ts';
import type { Act } from '../../../src/providers/simulated/host.ts';
import { Interrupted, LabError } from '../../../src/support/errors.ts';
import { instancesLeft, onStage, phaseOf, requestOf, smallLab, ticketsLeft } from '../stage.ts';

const theatre = onStage();

const bringUp = (change: Partial<UpRequest> = {}, lab: Lab = smallLab(), verify?: Verify): Promise<UpResult> => {
  const { stage } = theatre;
  return up(stage.providers, requestOf(lab, change), verify ?? stage.verify, stage.show, stage.signal);
};
const errorOf = (work: Promise<unknown>): Promise<LabError> =>
  work.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  );

const expectNothingLeft = async (): Promise<void> => {
  expect(theatre.stage.host.running()).toEqual([]);
  expect(await instancesLeft()).toEqual([]);
  expect(await ticketsLeft()).toEqual([]);
};

const failure = new LabError({ tried: 'do it', happened: 'the host is in a bad mood', next: 'cheer it up' });
/** Each moment of bringing a lab up, and what is on record of it then. */
const MOMENTS: [Act['what'], Partial<Act>, string, string][] = [
  ['create', {}, 'Prepare 2 machines', 'creating'],
  ['start', {}, 'Start machines', 'creating'],
  ['ready', { node: 'rs2' }, 'Boot and provision', 'creating'],
  ['run', { node: 'rs2' }, 'Boot and provision', 'creating'],
];

describe('a lab that goes well', () => {
  test('is made, started, provisioned and verified, in that order, and on record from before it is made', async () => {
    const phases: string[] = [];
    theatre.stage.behave({
      before: async ({ what, command }) =>
        void phases.push(`${command?.startsWith('probe') ? 'check' : what}: ${await phaseOf('small')}`),
    });
    const result = await bringUp();
    expect(result).toMatchObject({ instance: 'small', wasUp: false, running: true });
    expect(result.bundle).toBeUndefined();
    expect(result.report?.verdicts.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'rotation pass',
      'share pass',
    ]);
    expect([...new Set(phases)]).toEqual([
      'create: creating',
      'start: creating',
      'ready: creating',
      'run: creating',
      'check: up',
    ]);
    expect(theatre.stage.steps()).toEqual([
      '✓ Prepare 2 machines',
      '✓ Start machines',
      '✓ Boot and provision',
      '✓ Verify: 2 of 2 checks passed',
    ]);
    expect(await phaseOf('small')).toBe('up');
    expect(theatre.stage.host.running()).toEqual(['small/rs1', 'small/rs2']);
    expect(await ticketsLeft()).toEqual([]);
  });

  test('is provisioned by its scripts, which are kept with what they print', async () => {
    const given = new Map<string, string>();
    theatre.stage.behave({
      answer: ({ node }, command, { input }) => {
        if (!command.startsWith('cat > ')) return undefined;
        given.set(node, String(input));
        return { stdout: `${node} is done\n` };
      },
    });
    await bringUp({ test: false });
    const { dir } = instanceLayout('small');
    expect([...given.keys()].sort()).toEqual(['rs1', 'rs2']);
    expect(await readFile(join(dir, 'scripts', 'rs1.sh'), 'utf8')).toBe(given.get('rs1'));
    expect(await readFile(join(dir, 'provision', 'rs2.log'), 'utf8')).toBe('rs2 is done\n');
  });

  test('is not verified where there is nothing to verify, or the user does not want it', async () => {
    expect((await bringUp({ test: false })).report).toBeUndefined();
    expect((await bringUp({ name: 'bare' }, smallLab({ checks: [] }))).report).toBeUndefined();
    expect(theatre.stage.lines.join('\n')).not.toContain('Verify');
  });

  test('that is up already is only verified', async () => {
    await bringUp({ test: false });
    const since = theatre.stage.host.acts.length;
    expect(await bringUp()).toMatchObject({ wasUp: true, running: true, report: { instance: 'small' } });
    expect(theatre.stage.acts(since)).toEqual(['ready rs1', 'ready rs2']);
  });

  test('two instances of a lab stand side by side', async () => {
    await bringUp();
    await bringUp({ name: 'other' });
    expect(await instancesLeft()).toEqual(['other', 'small']);
  });
});

describe.each(MOMENTS)('while it comes to %s %j', (what, match, step, phase) => {
  test('a failure takes everything down and leaves a bundle', async () => {
    theatre.stage.when(
      what,
      () => {
        throw failure;
      },
      match,
    );
    const error = await errorOf(bringUp());
    expect(error).toMatchObject({ tried: 'do it', happened: 'the host is in a bad mood', exitCode: 3 });
    expect(error.next).toMatch(/^cheer it up; consoles and logs are in \S+$/);
    const bundle = error.next?.split(' ').at(-1) as string;
    expect(await readFile(join(bundle, 'error.txt'), 'utf8')).toContain('the host is in a bad mood');
    expect(JSON.parse(await readFile(join(bundle, 'instance.json'), 'utf8'))).toMatchObject({ phase });
    expect(theatre.stage.steps().slice(-2)).toEqual([`✗ ${step}`, '✓ Take everything down']);
    await expectNothingLeft();
  });

  test('Ctrl-C takes everything down, and says where to look', async () => {
    theatre.stage.when(what, () => theatre.stage.interrupt(), match);
    const error = await errorOf(bringUp());
    expect(error).toBeInstanceOf(Interrupted);
    expect(error.next).toMatch(/^consoles and logs are in \S+\/bundles\/\S+$/);
    expect(theatre.stage.steps().slice(-2)).toEqual([`- ${step}: stopped`, '✓ Take everything down']);
    await expectNothingLeft();
  });

  test('with --keep a failure leaves it as it is, and the next run removes that first', async () => {
    theatre.stage.when(
      what,
      () => {
        throw failure;
      },
      match,
    );
    await expect(bringUp({ keep: true })).rejects.toThrow('bad mood');
    expect(await phaseOf('small')).toBe(phase);
    expect(theatre.stage.acts()).not.toContain('remove');
    theatre.stage.goOn();
    expect(await bringUp()).toMatchObject({ wasUp: false, running: true });
    expect(theatre.stage.steps()).toContain('✓ Remove what an interrupted run left');
    expect(await phaseOf('small')).toBe('up');
  });
});

test('a script that fails is told with its last lines', async () => {
  theatre.stage.behave({
    answer: ({ node }, command) =>
      node === 'rs2' && command.startsWith('cat > ') ? { stdout: 'a\nno such package\n', exitCode: 100 } : undefined,
  });
  const error = await errorOf(bringUp());
  expect(error.message).toBe('cannot provision rs2: its script ended with exit code 100:\na\nno such package');
  const bundle = error.next?.split(' ').at(-1) as string;
  expect(await readFile(join(bundle, 'provision', 'rs2.log'), 'utf8')).toContain('no such package');
  await expectNothingLeft();
});

test('a defect is thrown as it is, and nothing is left all the same', async () => {
  const defect = new TypeError('undefined is no function');
  theatre.stage.when('start', () => {
    throw defect;
  });
  expect(await errorOf(bringUp())).toBe(defect);
  await expectNothingLeft();
});

describe('while it is verified', () => {
  const red = (): void =>
    theatre.stage.behave({ answer: (_, command) => (command === 'probe share' ? { stdout: 'fail' } : undefined) });

  test('a red check takes everything down, and is a result', async () => {
    red();
    const result = await bringUp();
    expect(result).toMatchObject({ wasUp: false, running: false, dropped: false });
    expect(result.report?.verdicts.map(({ status }) => status)).toEqual(['pass', 'fail']);
    const files = await readdir(result.bundle as string, { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['instance.json', 'report.json', 'diagnosis.txt', 'state/rs1.txt', 'console/rs2.log']),
    );
    expect(await readFile(join(result.bundle as string, 'console', 'rs2.log'), 'utf8')).toBe('booted\n');
    expect(theatre.stage.steps().slice(-3)).toEqual([
      '✓ Verify: 1 of 2 checks passed',
      '✓ Diagnose',
      '✓ Take everything down',
    ]);
    await expectNothingLeft();
  });

  test('with --keep a red lab stays up', async () => {
    red();
    expect(await bringUp({ keep: true })).toMatchObject({ running: true });
    expect(await phaseOf('small')).toBe('up');
    expect(theatre.stage.host.running()).toHaveLength(2);
  });

  test('Ctrl-C takes everything down', async () => {
    theatre.stage.when('run', () => theatre.stage.interrupt(), { command: 'probe share' });
    expect(await errorOf(bringUp())).toBeInstanceOf(Interrupted);
    expect(theatre.stage.steps().slice(-2)).toEqual(['- Verify: stopped', '✓ Take everything down']);
    await expectNothingLeft();
  });

  test('the report is known before everything is taken down', async () => {
    red();
    const told: string[] = [];
    const verify: Verify = async (...args) => {
      const verified = await theatre.stage.verify(...args);
      told.push(`${verified.report.verdicts.length} verdicts, ${theatre.stage.host.running().length} machines`);
      return verified;
    };
    await bringUp({}, smallLab(), verify);
    expect(told).toEqual(['2 verdicts, 2 machines']);
  });
});

describe('an instance that was there', () => {
  test('is not removed when a check fails on it', async () => {
    await bringUp();
    await theatre.stage.on('small', 'rs1', 'break share');
    expect(await bringUp()).toMatchObject({ wasUp: true, running: true, bundle: expect.any(String) });
    expect(await phaseOf('small')).toBe('up');
    expect(theatre.stage.acts()).not.toContain('remove');
  });

  test('is not removed when it cannot be verified, or Ctrl-C comes', async () => {
    await bringUp();
    await expect(bringUp({}, smallLab(), () => Promise.reject(failure))).rejects.toBe(failure);
    theatre.stage.when('run', () => theatre.stage.interrupt(), { command: 'probe share' });
    expect(await errorOf(bringUp())).toBeInstanceOf(Interrupted);
    expect(await phaseOf('small')).toBe('up');
    expect(theatre.stage.host.running()).toHaveLength(2);
  });

  test('and is stopped is started, and verified', async () => {
    await bringUp();
    await theatre.stage.providers.all[0].stop(placeOf((await readInstance('small')) as Instance), () => {});
    const since = theatre.stage.host.acts.length;
    expect(await bringUp()).toMatchObject({ running: true, report: {} });
    expect(theatre.stage.acts(since).slice(0, 2)).toEqual(['stop', 'start']);
  });

  test('was made from another lab file, and is left alone', async () => {
    await bringUp();
    const error = await errorOf(bringUp({}, smallLab({ summary: 'another' })));
    expect(error).toMatchObject({ exitCode: 2, next: expect.stringContaining('lab up small --name NAME') });
    expect(theatre.stage.host.running()).toHaveLength(2);
  });
});

test('of two at once one wins, and the other says who has it', async () => {
  const error = await exclusively('small', 'hold it', () => errorOf(bringUp()));
  expect(error).toMatchObject({ exitCode: 3, next: expect.stringContaining('--name') });
  expect(error.happened).toContain(`process ${process.pid}`);
  expect(theatre.stage.host.acts).toEqual([]);
});

test('what the provider refuses is refused before anything is made', async () => {
  expect(await errorOf(bringUp({ image: 'nosuch' }))).toMatchObject({ exitCode: 2 });
  expect(await errorOf(bringUp({ provider: 'nosuch' }))).toMatchObject({ exitCode: 2 });
  expect(await errorOf(bringUp({ name: '../x' }))).toMatchObject({ exitCode: 2 });
  await expectNothingLeft();
});

test('memory that can never be there is told at once', async () => {
  vi.stubEnv('LAB_MAX_MEMORY', '200M');
  const error = await errorOf(bringUp());
  expect(error.message).toMatch(/^cannot bring up small: it needs 226 MiB of memory/);
  expect(theatre.stage.host.acts).toEqual([]);
  await expectNothingLeft();
});

describe('saved for the next time', () => {
  const save = { save: true };
  const again = async (change: Partial<UpRequest> = {}): Promise<UpResult> => {
    theatre.stage.lines.length = 0;
    return bringUp({ name: 'second', ...save, ...change });
  };
  const originOf = async (name: string): Promise<string | undefined> => {
    return theatre.stage.host.machine(instanceLayout(name).machines, 'rs1')?.origin;
  };

  test('machines are resumed, and not provisioned again', async () => {
    await bringUp(save);
    expect(theatre.stage.steps().at(-1)).toBe('✓ Save for the next time');
    const since = theatre.stage.host.acts.length;
    await again();
    expect(theatre.stage.steps()).toEqual([
      '✓ Prepare 2 machines',
      '✓ Resume machines',
      '✓ Verify: 2 of 2 checks passed',
    ]);
    expect(theatre.stage.host.acts.slice(since).some(({ command }) => command?.startsWith('cat >'))).toBe(false);
    expect([await originOf('small'), await originOf('second')]).toEqual(['cold', 'warm']);
    expect((await readInstance('second'))?.state).toBe((await readInstance('small'))?.state);
    expect(await phaseOf('second')).toBe('up');
  });

  test('but not with --cold', async () => {
    await bringUp(save);
    await again({ cold: true });
    expect(await originOf('second')).toBe('cold');
  });

  test.each([
    ['that was not verified', { test: false }],
    ['of which some checks alone were made', { checks: [{ name: 'share', options: {} }] }],
    ['that nobody wants saved', { save: false }],
  ])('no lab is saved %s', async (_, change) => {
    await bringUp({ ...save, ...change });
    expect(await listStates()).toEqual([]);
    expect(await phaseOf('small')).toBe('up');
  });

  test('no lab is saved where no room is given, or the provider cannot', async () => {
    vi.stubEnv('LAB_STATES_MAX', '0');
    await bringUp(save);
    vi.stubEnv('LAB_STATES_MAX', undefined);
    theatre.stage.behave({ saves: false });
    await bringUp({ ...save, name: 'second' });
    expect(await listStates()).toEqual([]);
  });

  test('that it cannot be saved is told, and no failure', async () => {
    theatre.stage.when('save', () => {
      throw failure;
    });
    expect(await bringUp(save)).toMatchObject({ running: true });
    expect(theatre.stage.steps().at(-1)).toBe(
      '✓ Save for the next time: not saved: cannot do it: the host is in a bad mood',
    );
    expect(await phaseOf('small')).toBe('up');
    expect(await readdir(statesDir())).not.toContainEqual(expect.stringMatching(/^\.saving/));
  });

  test('Ctrl-C while it is saved leaves it up, and nothing half-made', async () => {
    theatre.stage.when('save', () => theatre.stage.interrupt());
    expect(await errorOf(bringUp(save))).toBeInstanceOf(Interrupted);
    expect(await phaseOf('small')).toBe('up');
    expect(theatre.stage.host.running()).toHaveLength(2);
    expect((await readInstance('small'))?.state).toBeUndefined();
    expect((await readdir(statesDir())).filter((name) => name !== '.lock')).toEqual([]);
  });

  test('also where the provider has a word for that', async () => {
    theatre.stage.when('save', () => {
      theatre.stage.interrupt();
      throw failure;
    });
    expect(await errorOf(bringUp(save))).toBeInstanceOf(Interrupted);
    expect(await phaseOf('small')).toBe('up');
  });

  test('a state that does not fit any more is not used, which is said in one line', async () => {
    await bringUp(save);
    theatre.stage.behave({ hardware: 'another' });
    await again();
    expect(theatre.stage.lines).toContain(
      '  Prepare 2 machines: the saved state of small does not fit: another hardware; starting anew',
    );
    expect(await originOf('second')).toBe('cold');
  });

  const stateDir = async (): Promise<string> => (await listStates())[0]?.dir as string;

  test('a damaged state is dropped, and the lab starts anew', async () => {
    await bringUp(save);
    await writeFile(join(await stateDir(), 'rs1', 'memory'), 'damaged!');
    await again({ save: false });
    expect(theatre.stage.lines.join('\n')).toMatch(/was damaged \(.*\), so it is dropped; starting anew/);
    expect(await originOf('second')).toBe('cold');
    expect(await listStates()).toEqual([]);
  });

  test('a state that does not wake is dropped, and the lab starts anew', async () => {
    await bringUp(save);
    const dir = await stateDir();
    theatre.stage.when('start', () => {
      throw new CannotResume({ tried: 'resume machine rs2', happened: 'it does not wake' });
    });
    await again({ save: false });
    expect(theatre.stage.steps()).toEqual([
      '✓ Prepare 2 machines',
      '✓ Resume machines: starting anew',
      '✓ Prepare anew',
      '✓ Start machines',
      '✓ Boot and provision',
      '✓ Verify: 2 of 2 checks passed',
    ]);
    expect(await originOf('second')).toBe('cold');
    expect(existsSync(dir)).toBe(false);
  });

  test('Ctrl-C while it is resumed leaves nothing but the state', async () => {
    await bringUp(save);
    theatre.stage.when('start', () => theatre.stage.interrupt());
    expect(await errorOf(again())).toBeInstanceOf(Interrupted);
    expect(await instancesLeft()).toEqual(['small']);
    expect(await listStates()).toHaveLength(1);
  });

  test('what the host refuses is not the fault of the state', async () => {
    await bringUp(save);
    theatre.stage.when('start', () => {
      throw failure;
    });
    expect(await errorOf(again())).toMatchObject({ exitCode: 3 });
    expect(await listStates()).toHaveLength(1);
  });

  test('a state on which a check fails is dropped, and the next up starts anew', async () => {
    await bringUp(save);
    theatre.stage.behave({ answer: (_, command) => (command === 'probe share' ? { stdout: 'fail' } : undefined) });
    expect(await again()).toMatchObject({ running: false, dropped: true });
    expect(await listStates()).toEqual([]);
    theatre.stage.behave({});
    expect(await again()).toMatchObject({ running: true });
    expect(await originOf('second')).toBe('cold');
  });
});

test.each(['creating', 'removing'] as const)(
  'what a run left that was killed while %s is removed first',
  async (phase) => {
    const record = { lab: 'small', provider: 'simulated', image: 'simulated', created: '' };
    await createInstance({ ...record, name: 'small', phase, definition: smallLab() });
    await bringUp();
    expect(theatre.stage.steps()[0]).toBe('✓ Remove what an interrupted run left');
    expect(theatre.stage.acts().slice(0, 2)).toEqual(['remove', 'create']);
  },
);

import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { REGISTRIES } from '../../src/cli/registries.ts';
import { faultRecords, writeFaultRecords } from '../../src/instances/disturbing/fault-records.ts';
import { instanceLayout } from '../../src/instances/instance.ts';
import { down } from '../../src/instances/life/down.ts';
import { pruneInstances } from '../../src/instances/life/prune.ts';
import { allInstances, faultsOf } from '../../src/instances/looking/status.ts';
import { imageUsers } from '../../src/instances/states/images.ts';
import { listMoments, listUnreadableMoments, removeMoment, restoreMoment } from '../../src/instances/states/moments.ts';
import { completeInstance, enterPhase, instanceNames, readInstance } from '../../src/instances/store.ts';
import type { LabError } from '../../src/support/errors.ts';
import { showBy } from '../../src/support/step.ts';

const { providers } = REGISTRIES;

/** What lab 0.1.0 left: `tun-basic` is up, with faults and a moment; `nightly` is of a test that was killed. */
const OLD = join(import.meta.dirname, 'fixtures/0.1.0');

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-records-'));
  vi.stubEnv('LAB_HOME', home);
  await cp(OLD, home, { recursive: true });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));
const change = async (path: string, fields: object) =>
  writeFile(path, JSON.stringify({ ...(await json(path)), ...fields }));
const refusal = (promise: Promise<unknown>): Promise<LabError> =>
  promise.then(
    () => expect.fail('it was not refused'),
    (error) => error as LabError,
  );

const paths = () => instanceLayout('tun-basic');
const moment = () => join(home, 'state/moments/tun-basic/exercise-3');

describe('what 0.1.0 left is understood', () => {
  test('its instances, with their lab', async () => {
    expect(await completeInstance('tun-basic')).toEqual({
      name: 'tun-basic',
      lab: 'tun-basic',
      provider: 'qemu',
      image: 'debian12',
      created: '2026-03-01T10:00:00.000Z',
      phase: 'up',
      state: '/home/user/.cache/lab/states/tun-basic-0123456789abcdef',
      definition: await json(paths().lab),
    });
    expect((await readInstance('nightly'))?.owner).toEqual({
      pid: 4242,
      started: '11111111-2222-3333-4444-555555555555:98765',
    });
  });

  test('as a list shows them', async () => {
    expect(await allInstances()).toMatchObject([
      { name: 'nightly', phase: 'up', leftBehind: true },
      { name: 'tun-basic', phase: 'up', leftBehind: false },
    ]);
  });

  test('its faults', async () => {
    expect((await faultsOf('tun-basic')).map(({ number, what }) => [number, what])).toEqual([
      [1, 'rs1 has no power'],
      [2, 'what rs2 sends to inside: delay 50ms loss 1%'],
      [4, 'client and router do not hear each other'],
    ]);
  });

  test('its moments, and the image that they need', async () => {
    expect(await listMoments()).toMatchObject([
      {
        instance: 'tun-basic',
        name: 'exercise-3',
        lab: 'tun-basic',
        inputs: { image: 'debian12-0123456789abcdef', QEMU: '7.2.0', hardware: 'a1b2c3' },
      },
    ]);
    expect(await listUnreadableMoments()).toEqual([]);
    expect((await imageUsers(providers)).get('debian12-0123456789abcdef')).toEqual([
      'tun-basic',
      'tun-basic/exercise-3',
    ]);
  });

  test('the next write brings a file to the format of today', async () => {
    const before = await completeInstance('tun-basic');
    await enterPhase(before, 'stopped');
    expect(await json(paths().record)).toMatchObject({ format: 1, name: 'tun-basic', phase: 'stopped' });
    expect(await completeInstance('tun-basic')).toEqual({ ...before, phase: 'stopped' });

    const faults = await faultRecords('tun-basic');
    await writeFaultRecords('tun-basic', faults);
    expect(await json(paths().faults)).toEqual({ format: 1, faults });
    expect(await faultRecords('tun-basic')).toEqual(faults);
  });
});

describe('what cannot be read is refused in words', () => {
  test('an instance whose record is cut short', async () => {
    await truncate(paths().record, 20);
    const error = await refusal(readInstance('tun-basic'));
    expect(error.message).toMatch(/^cannot read the instance tun-basic: .*\/tun-basic\/instance.json: .* in JSON at/);
    expect(error.next).toBe('remove it: lab down tun-basic');
  });

  test('one with a wrong field', async () => {
    await change(paths().record, { phase: 'asleep' });
    expect((await refusal(readInstance('tun-basic'))).happened).toBe(
      `${paths().record}: phase is "asleep", not creating or up or stopped or removing`,
    );
  });

  test('one whose lab has a wrong field', async () => {
    await change(paths().lab, { clients: 'client' });
    expect((await refusal(readInstance('tun-basic'))).message).toBe(
      `cannot read the instance tun-basic: ${paths().lab}: clients is "client", not a list`,
    );
  });

  test('one whose lab is of a newer lab', async () => {
    await change(paths().lab, { format: 3 });
    const error = await refusal(readInstance('tun-basic'));
    expect(error.message).toBe(
      `cannot read the instance tun-basic: ${paths().lab} was made by a newer lab (format 3; this one knows 1)`,
    );
    expect(error.next).toBe('use the lab that made it, or remove it: lab down tun-basic');
  });

  test('one whose record is too large', async () => {
    await truncate(paths().record, 17 * 1024 ** 2);
    expect((await refusal(readInstance('tun-basic'))).happened).toBe(
      `${paths().record}: it is larger than 16 MiB, the limit of such a file`,
    );
  });

  test('faults of a kind that there is not', async () => {
    const fault = { number: 1, since: '2026-03-01T10:05:00.000Z', fault: { kind: 'flood', node: 'rs1' } };
    await writeFile(paths().faults, JSON.stringify({ format: 1, faults: [fault] }));
    const error = await refusal(faultRecords('tun-basic'));
    expect(error.message).toBe(
      `cannot read the faults of tun-basic: ${paths().faults}: faults[0].fault.kind is "flood", which is not known`,
    );
    expect(error.next).toBe('put it back to where it was without them: lab reset tun-basic');
  });

  test('faults of a newer lab', async () => {
    await writeFile(paths().faults, '{"format":2,"disturbances":[]}');
    expect((await refusal(faultRecords('tun-basic'))).message).toBe(
      `cannot read the faults of tun-basic: ${paths().faults} was made by a newer lab (format 2; this one knows 1)`,
    );
  });

  test.each(['state.json', 'instance.json', 'lab.json'])('a moment whose %s is of a newer lab', async (file) => {
    const path = join(moment(), file);
    await change(path, { format: 2 });
    const error = await refusal(
      restoreMoment(
        providers,
        'tun-basic',
        'exercise-3',
        showBy(() => expect.fail('it began')),
        new AbortController().signal,
      ),
    );
    expect(error.message).toBe(
      `cannot restore tun-basic as it was at exercise-3: ${path} was made by a newer lab (format 2; this one knows 1)`,
    );
    expect(error.next).toBe('use the lab that made it, or remove it: lab image rm tun-basic/exercise-3');
  });
});

describe('what cannot be read can be listed and removed', () => {
  test('an instance that is damaged', async () => {
    await writeFile(paths().record, '{');
    expect(await allInstances()).toContainEqual({ name: 'tun-basic', damaged: true });
    await down(providers, 'tun-basic', () => {});
    expect(await instanceNames()).toEqual(['nightly']);
  });

  test('an instance of a newer lab, which prune leaves alone', async () => {
    await change(paths().record, { format: 2 });
    expect(await allInstances()).toContainEqual({ name: 'tun-basic', newer: true });
    expect(await pruneInstances(providers)).toEqual(['instance nightly, whose test was killed']);
    expect(await instanceNames()).toEqual(['tun-basic']);
    await down(providers, 'tun-basic', () => {});
    expect(await instanceNames()).toEqual([]);
  });

  test('an instance of a provider that only a newer lab has stays: nobody here knows its machines', async () => {
    await change(paths().record, { format: 2, provider: 'cloud' });
    const error = await refusal(down(providers, 'tun-basic', () => {}));
    expect(error.message).toBe(
      'cannot take down tun-basic: its machines were made by the provider "cloud", which this lab does not have',
    );
    expect(await instanceNames()).toContain('tun-basic');
  });

  test('prune takes what is damaged, and says so', async () => {
    await writeFile(paths().lab, '');
    expect(await pruneInstances(providers)).toContain('instance tun-basic, which is damaged');
  });

  test.each([
    ['damaged', { lab: 7 }, false],
    ['of a newer lab', { format: 2 }, true],
  ])('a moment that is %s, whose image is kept for it', async (_, fields, newer) => {
    await change(join(moment(), 'state.json'), fields);
    const [instance, name, image] = ['tun-basic', 'exercise-3', 'debian12-0123456789abcdef'];
    expect(await listMoments()).toEqual([]);
    expect(await listUnreadableMoments()).toEqual([{ instance, name, dir: moment(), newer, image }]);
    expect((await imageUsers(providers)).get(image)).toContain('tun-basic/exercise-3');
    await removeMoment('tun-basic/exercise-3');
    expect(await readdir(join(home, 'state/moments/tun-basic'))).toEqual([]);
  });

  test('the image of an instance of a newer lab is kept for it', async () => {
    await change(join(paths().machines, 'qemu.json'), { format: 2, machines: [] });
    expect((await imageUsers(providers)).get('debian12-0123456789abcdef')).toContain('tun-basic');
  });
});

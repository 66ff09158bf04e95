import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as qemu from '../../src/providers/qemu/state.ts';
import * as vagrant from '../../src/providers/vagrant/state.ts';

const OLD = join(import.meta.dirname, '../instances/fixtures/0.1.0');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lab-state-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe.each([
  ['qemu', 'state/instances/tun-basic/machines', 'qemu.json', qemu as typeof qemu | typeof vagrant],
  ['vagrant', 'vagrant', 'vagrant.json', vagrant],
])('the state of %s', (_, folder, file, { readState, stateOf, writeState }) => {
  test('of 0.1.0 is understood, and written as one of today', async () => {
    await cp(join(OLD, folder), dir, { recursive: true });
    const old = JSON.parse(await readFile(join(dir, file), 'utf8'));
    const state = await stateOf(dir);
    expect(state).toEqual(old);
    await writeState(dir, state as never);
    expect(JSON.parse(await readFile(join(dir, file), 'utf8'))).toEqual({ format: 1, ...old });
    expect(await readState(dir)).toEqual(old);
  });

  test('where there is none yet', async () => {
    expect(await readState(dir)).toBeUndefined();
    await expect(stateOf(dir)).rejects.toThrow(
      `cannot find the machines of an instance: ${dir} holds none: bringing it up did not get that far`,
    );
  });

  test('that is damaged, or of a newer lab', async () => {
    const path = join(dir, file);
    await writeFile(path, '{"machines":');
    await expect(readState(dir)).rejects.toThrow(
      `cannot read the state of an instance: ${path}: Unexpected end of JSON`,
    );
    await writeFile(path, '{"format":2}');
    await expect(readState(dir)).rejects.toThrow(
      `cannot read the state of an instance: ${path} was made by a newer lab (format 2; this one knows 1)`,
    );
  });
});

test('a field of a machine that is of a wrong type is named', async () => {
  const path = join(dir, 'qemu.json');
  const old = JSON.parse(await readFile(join(OLD, 'state/instances/tun-basic/machines/qemu.json'), 'utf8'));
  old.machines.rs1.process.pid = '1003';
  await writeFile(path, JSON.stringify(old));
  await expect(qemu.readState(dir)).rejects.toThrow(`${path}: machines.rs1.process.pid is "1003", not a number`);
  old.machines.rs1.process.pid = 1003;
  delete old.image.kernel;
  await writeFile(path, JSON.stringify(old));
  await expect(qemu.readState(dir)).rejects.toThrow(`${path}: image.kernel is missing`);
});

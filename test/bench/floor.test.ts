import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { argumentsOf, MACHINES, macsOf } from '../../bench/floor/machines.ts';
import { VOCABULARY } from '../../src/checks/vocabulary.ts';
import type { Image } from '../../src/images/image.ts';
import type { Node } from '../../src/lab/lab.ts';
import { loadLab } from '../../src/lab/load.ts';
import { machineArguments } from '../../src/providers/qemu/command-line.ts';
import { projectDir } from '../../src/support/paths.ts';

const bench = join(projectDir, 'bench');
const files = ['floor.ts', ...readdirSync(join(bench, 'floor')).map((name) => join('floor', name))];

test.each(files)('%s has no part of the tool in it', (file) => {
  const imports = [...readFileSync(join(bench, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((from) => !/^(node:|\.\/)/.test(from as string))).toEqual([]);
});

const { lab } = await loadLab(join(projectDir, 'labs', 'tun-basic.yaml'), VOCABULARY);
const nodes = lab?.nodes ?? [];

test('the floor has the machines of tun-basic', () => {
  expect(MACHINES.map((machine) => [machine.name, macsOf(machine)])).toEqual(
    nodes.map(({ name, links }) => [name, links.map(({ mac }) => mac)]),
  );
});

/** What is the machine's own hardware: what a saved one must have been saved with. */
const hardware = (args: string[]): string[] =>
  args.flatMap((word, index) =>
    ['-device', '-m', '-smp', '-append'].includes(word) ? [word, args[index + 1] ?? ''] : [],
  );

test.each(MACHINES.flatMap((machine) => [true, false].map((spares) => ({ name: machine.name, machine, spares }))))(
  'the floor gives $name what the tool gives it (spare NICs: $spares)',
  ({ name, machine, spares }) => {
    const node = nodes.find((each) => each.name === name) as Node;
    const cmdline =
      'console=ttyS0 no_timer_check net.ifnames=0 quiet panic=0 init_on_alloc=0 cryptomgr.notests norandmaps';
    const image = { kernel: 'kernel', initrd: 'initrd', root: 'root', disk: 'disk', cmdline } as Image;
    const accelerator = { kind: 'tcg', cpu: 'max', reason: '' } as const;
    const own = machineArguments({ node, image, accelerator, dir: '', runDir: '', sshPort: 0, spares });
    const bare = argumentsOf(machine, { image: '', accel: 'tcg', work: '', seed: '', spares });
    expect(hardware(bare)).toEqual(hardware(own));
    expect(hardware(bare).filter((word) => word === '-device').length).toBeGreaterThan(7);
  },
);

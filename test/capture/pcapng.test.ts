import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writePcapng } from '../../src/capture/pcapng.ts';
import { ethernet, ipv4, tcp } from './bytes.ts';

const frame = (time: number, source: string, cut = 0) => {
  const payload = tcp({ from: 40000, to: 80, flags: 'S', sequence: 1 });
  const whole = ethernet(
    '52:54:00:01:00:01',
    '52:54:00:01:00:02',
    0x0800,
    ipv4({ source, destination: '192.168.2.100', protocol: 6, id: 1, payload }),
  );
  return { time, bytes: whole.subarray(0, whole.length - cut), length: whole.length };
};

const FILE = writePcapng([
  {
    name: 'client:outside',
    frames: [frame(1_700_000_000.5, '192.168.1.200'), frame(1_700_000_002.25, '192.168.1.201', 3)],
  },
  { name: 'router:inside', frames: [frame(1_700_000_001, '192.168.1.202')] },
]);

test('every block has its length at both ends, and is a multiple of four bytes', () => {
  const types = [];
  let offset = 0;
  while (offset < FILE.length) {
    const length = FILE.readUInt32LE(offset + 4);
    expect(length % 4).toBe(0);
    expect(FILE.readUInt32LE(offset + length - 4)).toBe(length);
    types.push(FILE.readUInt32LE(offset));
    offset += length;
  }
  expect(offset).toBe(FILE.length);
  expect(types).toEqual([0x0a0d0d0a, 1, 1, 6, 6, 6]);
});

test('nothing captured is a file too', () => {
  expect(writePcapng([]).length).toBe(28);
});

const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;

test.skipIf(!hasTcpdump)('tcpdump reads it: in order of time, each packet with its own', () => {
  const dir = mkdtempSync(join(tmpdir(), 'pcapng-'));
  const file = join(dir, 'two.pcapng');
  writeFileSync(file, FILE);
  const { stdout, stderr } = spawnSync('tcpdump', ['-nn', '-tt', '-r', file], { encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(0, 3).join(' ')),
    stderr,
  ).toEqual([
    '1700000000.500000 IP 192.168.1.200.40000',
    '1700000001.000000 IP 192.168.1.202.40000',
    '1700000002.250000 IP 192.168.1.201.40000',
  ]);
});

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readPcap } from '../../src/capture/pcap.ts';
import { pcap, randomNumbers } from './bytes.ts';

const REAL = await readFile(new URL('http.pcap', import.meta.url));
const frames = [
  { time: 1_700_000_000.25, bytes: Buffer.from('first') },
  { time: 1_700_000_001.5, bytes: Buffer.from('the second') },
];

describe('readPcap', () => {
  test.each((['LE', 'BE'] as const).flatMap((order) => [true, false].map((nanoseconds) => ({ order, nanoseconds }))))(
    'reads either byte order and either unit of time: $order, nanoseconds $nanoseconds',
    (options) => {
      const file = readPcap(pcap(frames, options));
      expect(file.frames).toEqual(frames.map((frame) => ({ ...frame, length: frame.bytes.length })));
      expect(file.truncated).toBe(false);
    },
  );

  test('reads a file of tcpdump', () => {
    const file = readPcap(REAL);
    expect(file.frames).toHaveLength(19);
    expect(file.truncated).toBe(false);
  });

  test('gives the whole records of a file cut anywhere', () => {
    const whole = pcap(frames);
    for (let length = 24; length < whole.length; length++) {
      const file = readPcap(whole.subarray(0, length));
      expect(file.frames).toHaveLength(length < 24 + 16 + 5 ? 0 : 1);
      expect(file.truncated).toBe(length !== 24 && length !== 24 + 16 + 5);
    }
  });

  test('stops at a record that claims an impossible length', () => {
    const file = pcap(frames);
    file.writeUInt32LE(0x7fffffff, 24 + 8);
    expect(readPcap(file)).toEqual({ frames: [], truncated: true });
  });

  test('refuses what is no pcap file of Ethernet', () => {
    expect(() => readPcap(Buffer.alloc(0))).toThrow('0 bytes are fewer than the header');
    expect(() => readPcap(Buffer.alloc(64, '<'))).toThrow('it begins with 3c3c3c3c');
    expect(() => readPcap(pcap(frames, { linktype: 113 }))).toThrow('its link type is 113');
  });

  test('never hangs on a damaged file', () => {
    const random = randomNumbers(1);
    for (let round = 0; round < 500; round++) {
      const file = Buffer.from(REAL);
      for (let hits = 0; hits < 20; hits++) file[24 + Math.floor(random() * (file.length - 24))] = random() * 256;
      expect(readPcap(file).frames.length).toBeLessThan(file.length / 16);
    }
  });
});

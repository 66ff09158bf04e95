import { describe, expect, test } from 'vitest';
import { alignClocks, type NicPackets } from '../../src/capture/clocks.ts';
import { decodePacket } from '../../src/capture/packet.ts';
import { ethernet, ipv4, randomNumbers, tcp } from './bytes.ts';

const MAC = { a: '52:54:00:00:00:0a', r1: '52:54:00:00:01:01', r2: '52:54:00:00:01:02', b: '52:54:00:00:00:0b' };

/** A packet from a to b or back, as a frame of one hop, seen at a time. */
const seen = (
  time: number,
  from: string,
  to: string,
  sequence: number,
  { back = false, ttl = 64, padding = 0 } = {},
) => {
  const ends = back ? { source: '10.0.0.2', destination: '10.0.0.1' } : { source: '10.0.0.1', destination: '10.0.0.2' };
  const payload = tcp({ from: 1, to: 2, flags: '.', sequence });
  const bytes = Buffer.concat([
    ethernet(from, to, 0x0800, ipv4({ ...ends, protocol: 6, id: sequence, ttl, payload })),
    Buffer.alloc(padding),
  ]);
  return decodePacket({ time, length: bytes.length, bytes });
};

/** A request over a router and its reply, by clocks that are these many seconds ahead. */
const captures = ([a = 0, r1 = 0, r2 = 0, b = 0]: number[], times = 1): NicPackets[] => {
  const on = (index: number, build: (time: number, sequence: number) => ReturnType<typeof seen>[]) =>
    Array.from({ length: times }, (_, round) => build(100 + round + index, 10 * round)).flat();
  return [
    {
      node: 'a',
      mac: MAC.a,
      packets: on(a, (t, n) => [
        seen(t, MAC.a, MAC.r1, n),
        seen(t + 0.007, MAC.r1, MAC.a, n + 1, { back: true, ttl: 63 }),
      ]),
    },
    {
      node: 'r',
      mac: MAC.r1,
      packets: on(r1, (t, n) => [
        seen(t + 0.001, MAC.a, MAC.r1, n, { padding: 6 }),
        seen(t + 0.006, MAC.r1, MAC.a, n + 1, { back: true, ttl: 63 }),
      ]),
    },
    {
      node: 'r',
      mac: MAC.r2,
      packets: on(r2, (t, n) => [
        seen(t + 0.002, MAC.r2, MAC.b, n, { ttl: 63 }),
        seen(t + 0.005, MAC.b, MAC.r2, n + 1, { back: true }),
      ]),
    },
    {
      node: 'b',
      mac: MAC.b,
      packets: on(b, (t, n) => [
        seen(t + 0.003, MAC.r2, MAC.b, n, { ttl: 63 }),
        seen(t + 0.004, MAC.b, MAC.r2, n + 1, { back: true }),
      ]),
    },
  ];
};

describe('alignClocks', () => {
  test.each([[[0, 0, 0, 0]], [[5, 0, 30, -7]], [[0, 1000, 999, -1e6]]])(
    'finds clocks that are %j seconds ahead',
    (ahead) => {
      const offsets = alignClocks(captures(ahead), 0);
      for (const [index, offset] of offsets.entries()) {
        // Up to the time of the whole journey, of which no clock can tell how it divides.
        expect(Math.abs(offset - ((ahead[0] as number) - (ahead[index] as number)))).toBeLessThan(0.01);
      }
    },
  );

  test('puts no effect before its cause, whatever the clocks', () => {
    const random = randomNumbers(4);
    for (let round = 0; round < 100; round++) {
      const nics = captures(
        Array.from({ length: 4 }, () => (random() - 0.5) * 100),
        5,
      );
      const offsets = alignClocks(nics, 0);
      const at = (nic: number, packet: number) => (nics[nic]?.packets[packet]?.time ?? 0) + (offsets[nic] ?? 0);
      for (let first = 0; first < 10; first += 2) {
        const way = [
          at(0, first),
          at(1, first),
          at(2, first),
          at(3, first),
          at(3, first + 1),
          at(2, first + 1),
          at(1, first + 1),
          at(0, first + 1),
        ];
        for (const [step, time] of way.entries()) expect(time).toBeGreaterThanOrEqual((way[step - 1] ?? time) - 1e-6);
      }
    }
  });

  test('goes by the clock of the same machine where nothing was forwarded', () => {
    const [a, r1, r2] = captures([0, 30, 30]) as [NicPackets, NicPackets, NicPackets];
    const unrelated = { ...r2, packets: [seen(130.004, MAC.r2, 'ff:ff:ff:ff:ff:ff', 99)] };
    const offsets = alignClocks([a, r1, unrelated], 0);
    expect(offsets[2]).toBe(offsets[1]);
    expect(offsets[2]).toBeCloseTo(-30, 1);
  });

  test('leaves the clock of a NIC that got nothing, and all where there is no reference', () => {
    const idle = { node: 'c', mac: '52:54:00:00:00:0c', packets: [seen(3, MAC.b, MAC.a, 99)] };
    expect(alignClocks([...captures([0, 1, 2, 3]), idle], 0)[4]).toBe(0);
    expect(alignClocks(captures([0, 1, 2, 3]), -1)).toEqual([0, 0, 0, 0]);
    expect(alignClocks([], -1)).toEqual([]);
  });
});

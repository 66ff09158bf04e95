import { expect, test } from 'vitest';
import type { LabAccess } from '../../src/guest/access.ts';
import { keepCaptures } from '../../src/traffic/kept-captures.ts';

const capturing = (size: number): LabAccess =>
  ({
    capture: async (node: string, segment: string) => ({ node, segment, stop: async () => Buffer.alloc(size) }),
  }) as unknown as LabAccess;

test('what is captured is kept, each capture of a NIC by its number', async () => {
  const { access, kept } = keepCaptures(capturing(10));
  for (const node of ['rs1', 'rs2', 'rs1']) expect((await (await access.capture(node, 'lan')).stop()).length).toBe(10);
  expect(kept.map(({ node, number, pcap }) => [node, number, pcap.length])).toEqual([
    ['rs1', 1, 10],
    ['rs2', 1, 10],
    ['rs1', 2, 10],
  ]);
});

test('what is more than a run may keep is left out and counted, and is captured all the same', async () => {
  const size = 20 * 1024 ** 2;
  const { access, kept, dropped } = keepCaptures(capturing(size));
  for (const node of ['rs1', 'rs2']) expect((await (await access.capture(node, 'lan')).stop()).length).toBe(size);
  expect(kept.map(({ node }) => node)).toEqual(['rs1']);
  expect(dropped()).toBe(1);
});

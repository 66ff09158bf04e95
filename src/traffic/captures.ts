import type { Capture } from '../capture/capture.ts';
import { alignClocks, type NicPackets } from '../capture/clocks.ts';
import { decodePacket } from '../capture/packet.ts';
import { type Frame, readPcap } from '../capture/pcap.ts';
import type { LabAccess } from '../guest/access.ts';
import { type Lab, linkOf, nodeOf } from '../lab/lab.ts';
import type { Sighting } from './observation.ts';

/** A NIC of a lab: a node's link to a segment. */
export interface Nic {
  readonly node: string;
  readonly segment: string;
}

/** What one NIC saw, by a clock of its own. */
export interface NicCapture extends NicPackets, Nic {
  /** The frames that the packets were decoded from, one for each. */
  readonly frames: readonly Frame[];
}

/** All NICs of a lab. */
export const nicsOf = (lab: Lab): Nic[] =>
  lab.nodes.flatMap(({ name, links }) => links.map(({ segment }) => ({ node: name, segment })));

/**
 * Does work with the packets of NICs captured: from before it begins until it has ended, whatever happens. What breaks is
 * not thrown but given, since either is of use without the other.
 * @param work is told why a capture could not begin, where one could not.
 */
export const captureWhile = async <T>(
  access: Pick<LabAccess, 'lab' | 'capture'>,
  nics: readonly Nic[],
  work: (trouble?: unknown) => Promise<T>,
): Promise<{ settled: PromiseSettledResult<T>; captures: PromiseSettledResult<NicCapture[]> }> => {
  const starts = await Promise.allSettled(nics.map(({ node, segment }) => access.capture(node, segment)));
  const failed = starts.find((start) => start.status === 'rejected');
  const [settled] = await Promise.allSettled([work(failed?.reason)]);
  const [captures] = await Promise.allSettled([endAll(access.lab, starts)]);
  return { settled, captures };
};

/**
 * Does work with the packets of NICs captured, and gives what they saw beside what the work gives.
 * @throws what broke first: a capture that could not begin, before any work is done; the work; the end of a capture.
 */
export const seenWhile = async <T>(
  access: Pick<LabAccess, 'lab' | 'capture'>,
  nics: readonly Nic[],
  work: () => Promise<T>,
): Promise<{ value: T; sightings: Sighting[] }> => {
  const { settled, captures } = await captureWhile(access, nics, async (trouble) => {
    if (trouble) throw trouble;
    return await work();
  });
  if (settled.status === 'rejected') throw settled.reason;
  if (captures.status === 'rejected') throw captures.reason;
  return { value: settled.value, sightings: sightingsOf(captures.value) };
};

/** Ends all captures that were started, then reads them. @throws the first thing that went wrong with any. */
const endAll = async (lab: Lab, starts: readonly PromiseSettledResult<Capture>[]): Promise<NicCapture[]> => {
  const ends = await Promise.allSettled(
    starts.map(async (start): Promise<NicCapture> => {
      if (start.status === 'rejected') throw start.reason;
      const { node, segment } = start.value;
      const { frames } = readPcap(await start.value.stop());
      const mac = linkOf(nodeOf(lab, node), segment)?.mac ?? '';
      return { node, segment, mac, frames, packets: frames.map(decodePacket) };
    }),
  );
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
};

/** The same captures by one clock, that of the first NIC of node `reference` that saw anything. */
export const onOneClock = (reference: string, captures: readonly NicCapture[]): NicCapture[] => {
  const offsets = alignClocks(
    captures,
    captures.findIndex(({ node, packets }) => node === reference && packets.length > 0),
  );
  return captures.map((capture, index) => {
    const later = <P extends { readonly time: number }>(each: P): P => ({
      ...each,
      time: each.time + (offsets[index] ?? 0),
    });
    return { ...capture, frames: capture.frames.map(later), packets: capture.packets.map(later) };
  });
};

/** All that the NICs saw, in order of time. */
export const sightingsOf = (captures: readonly NicCapture[]): Sighting[] =>
  captures
    .flatMap(({ node, segment, packets }) => packets.map((packet) => ({ node, segment, packet })))
    .sort((one, other) => one.packet.time - other.packet.time);

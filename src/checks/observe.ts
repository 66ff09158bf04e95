import { alignClocks, type NicPackets } from '../capture/clocks.ts';
import { decodePacket } from '../capture/packet.ts';
import { readPcap } from '../capture/pcap.ts';
import { type Lab, linkOf, nodeOf, type Service } from '../lab/lab.ts';
import type { Capture } from '../providers/provider.ts';
import type { LabAccess } from './check.ts';
import type { Burst, Observation, Sighting } from './observation.ts';
import { requestService } from './requests.ts';

/** Requests to be made: of a service, by a client. */
export interface Wanted {
  readonly client: string;
  readonly service: Service;
  readonly count: number;
}

export interface ObserveOptions {
  /** Whether to capture the packets on all NICs of all nodes. */
  readonly packets: boolean;
  /** Letters and digits that mark the requests of this run. */
  readonly token: string;
  onStart?(wanted: Wanted): void;
  onBurst?(burst: Burst): void;
}

/**
 * Has the clients make the requests and sees to what happens, once for all checks. One burst after the other: two at a
 * time would take turns with each other. What breaks is not thrown but given to the checks that need it.
 * @throws whatever the signal was aborted with.
 */
export const observe = async (
  access: LabAccess,
  wanted: readonly Wanted[],
  options: ObserveOptions,
): Promise<Observation & { readonly made: readonly Burst[] }> => {
  const made: Burst[] = [];
  const sightings = new Map<Burst, readonly Sighting[]>();
  let trouble: { requests?: unknown; packets?: unknown } = {};
  for (const [index, each] of wanted.entries()) {
    access.signal?.throwIfAborted();
    options.onStart?.(each);
    const { burst, packets } = await observeBurst(access, each, `${options.token}x${index + 1}`, options.packets);
    access.signal?.throwIfAborted();
    if (burst.status === 'rejected') {
      trouble = { ...trouble, requests: burst.reason };
      break;
    }
    made.push(burst.value);
    if (packets.status === 'fulfilled') sightings.set(burst.value, packets.value);
    else trouble = { ...trouble, packets: packets.reason };
    options.onBurst?.(burst.value);
  }
  return {
    made,
    bursts: () => {
      if ('requests' in trouble) throw trouble.requests;
      return made;
    },
    sightings: (burst) => {
      const seen = sightings.get(burst);
      if (!seen) throw trouble.packets;
      return seen;
    },
    seen: [...sightings.values()].flat(),
  };
};

/** One burst, with all captures running before its first request and ended after its last, whatever happens. */
const observeBurst = async (access: LabAccess, { client, service, count }: Wanted, token: string, capture: boolean) => {
  const starts = await Promise.allSettled(
    access.lab.nodes.flatMap(({ name, links }) =>
      capture ? links.map(({ segment }) => access.capture(name, segment)) : [],
    ),
  );
  const [burst] = await Promise.allSettled([
    access
      .guest(client)
      .then((guest) =>
        requestService(guest, { client, service, count, token, patience: access.patience }, access.signal),
      ),
  ]);
  const [packets] = await Promise.allSettled([stopAll(access.lab, starts).then((nics) => onOneClock(client, nics))]);
  return { burst, packets };
};

interface NicCapture extends NicPackets {
  readonly segment: string;
}

/** Ends all captures that were started, then reads them. @throws the first thing that went wrong with any. */
const stopAll = async (lab: Lab, starts: readonly PromiseSettledResult<Capture>[]): Promise<NicCapture[]> => {
  const ends = await Promise.allSettled(
    starts.map(async (start): Promise<NicCapture> => {
      if (start.status === 'rejected') throw start.reason;
      const { node, segment } = start.value;
      const { frames } = readPcap(await start.value.stop());
      const mac = linkOf(nodeOf(lab, node), segment)?.mac ?? '';
      return { node, segment, mac, packets: frames.map(decodePacket) };
    }),
  );
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
};

/** All that the NICs saw, in order of time, by the clock of the client, who begins. */
const onOneClock = (client: string, nics: readonly NicCapture[]): Sighting[] => {
  const offsets = alignClocks(
    nics,
    nics.findIndex(({ node, packets }) => node === client && packets.length > 0),
  );
  return nics
    .flatMap(({ node, segment, packets }, index) =>
      packets.map((packet) => ({ node, segment, packet: { ...packet, time: packet.time + (offsets[index] ?? 0) } })),
    )
    .sort((one, other) => one.packet.time - other.packet.time);
};

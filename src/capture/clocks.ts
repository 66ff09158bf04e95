import { innermost, type Packet } from './packet.ts';

/** The packets that one NIC saw, by a clock of its own. */
export interface NicPackets {
  readonly node: string;
  readonly mac: string;
  readonly packets: readonly Packet[];
}

/**
 * Brings captures to one clock, that of the capture at `reference`: gives for each the seconds to add to its times.
 * QEMU stamps frames with the uptime of the machine plus the second at which the capture began, so two captures can be
 * seconds apart while a hop takes less than a millisecond.
 *
 * Cause comes before effect: a frame is sent before it is received, and received before it is forwarded. The smallest
 * offsets that respect this everywhere are the answer (longest paths, by Bellman and Ford). A NIC that got nothing
 * from the others, even by a detour, goes by the clock of its machine's other NIC, or keeps its own.
 */
export const alignClocks = (captures: readonly NicPackets[], reference: number): number[] => {
  const leads = leadsBetween(captures);
  const offsets = captures.map((_, index) => (index === reference ? 0 : Number.NEGATIVE_INFINITY));
  for (let round = 1; round < captures.length; round++) {
    for (const { cause, effect, seconds } of leads) {
      if (effect !== reference)
        offsets[effect] = Math.max(offsets[effect] as number, (offsets[cause] as number) + seconds);
    }
  }
  return captures.map(({ node }, index) => {
    const sameMachine = captures.findIndex((other, at) => other.node === node && Number.isFinite(offsets[at]));
    return (Number.isFinite(offsets[index]) ? offsets[index] : offsets[sameMachine]) ?? 0;
  });
};

/** How much earlier, at most, the capture `cause` saw a packet by its own clock than `effect` by its own. */
interface Lead {
  cause: number;
  effect: number;
  seconds: number;
}

const leadsBetween = (captures: readonly NicPackets[]): Lead[] => {
  const sent = new Map<string, { index: number; time: number }>();
  const entered = new Map<string, { index: number; time: number }>();
  for (const [index, capture] of captures.entries()) {
    const number = numberOccurrences();
    for (const packet of capture.packets) {
      const frame = frameKey(packet);
      if (packet.ethernet?.source === capture.mac) sent.set(number(frame), { index, time: packet.time });
      const content = contentKey(packet);
      if (content && packet.ethernet?.destination === capture.mac) {
        entered.set(number(`${capture.node} ${content}`), { index, time: packet.time });
      }
    }
  }
  const leads = new Map<string, Lead>();
  const note = (cause: { index: number; time: number } | undefined, effect: { index: number; time: number }) => {
    if (!cause || cause.index === effect.index) return;
    const key = `${cause.index} ${effect.index}`;
    const seconds = Math.max(cause.time - effect.time, leads.get(key)?.seconds ?? Number.NEGATIVE_INFINITY);
    leads.set(key, { cause: cause.index, effect: effect.index, seconds });
  };
  for (const [index, capture] of captures.entries()) {
    const number = numberOccurrences();
    for (const packet of capture.packets) {
      const effect = { index, time: packet.time };
      if (packet.ethernet?.destination === capture.mac) note(sent.get(number(frameKey(packet))), effect);
      const content = contentKey(packet);
      if (content && packet.ethernet?.source === capture.mac) {
        note(entered.get(number(`${capture.node} ${content}`)), effect);
      }
    }
  }
  return [...leads.values()];
};

/** Tells a packet from its repetitions, which may be alike to the last bit. */
const numberOccurrences = () => {
  const counts = new Map<string, number>();
  return (key: string): string => {
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return `${count} ${key}`;
  };
};

/** The same for both ends of a hop, of which one may see the padding of a short frame. */
const frameKey = (packet: Packet): string => {
  const { ethernet, ip } = packet;
  if (!ethernet) return '';
  const content = contentKey(packet) ?? ethernet.payload.toString('latin1', 0, ARP_LENGTH);
  return `${ethernet.source} ${ethernet.destination} ${ip?.ttl} ${ip?.destination} ${content}`;
};

const ARP_LENGTH = 28;

/** The same on both sides of a node that forwards a packet, in a tunnel or not; undefined for what is not forwarded. */
const contentKey = ({ ip }: Packet): string | undefined => {
  if (!ip) return undefined;
  const { source, destination, identification, payload } = innermost(ip);
  return `${source} ${destination} ${identification} ${payload.toString('latin1', 0, 40)}`;
};

import { LabError } from '../support/errors.ts';

/** One record of a pcap file. */
export interface Frame {
  /** Seconds since 1970. */
  readonly time: number;
  /** The captured bytes, from the Ethernet header on. */
  readonly bytes: Buffer;
  /** Length of the frame on the wire, in bytes; more than was captured when the capture cut it. */
  readonly length: number;
}

export interface PcapFile {
  readonly frames: readonly Frame[];
  /** Whether the file ends amid a record, as it does when it is read while it is written. */
  readonly truncated: boolean;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const LINKTYPE_ETHERNET = 1;
/** What libpcap takes for the longest frame of an Ethernet; a record that claims more is damage, not data. */
const MAX_CAPTURED = 262_144;

/**
 * Reads a pcap file (draft-ietf-opsawg-pcap) of Ethernet frames, of either byte order, with micro- or nanoseconds.
 * A file cut short gives the whole records before the cut.
 * @throws LabError when it is no pcap file, or not one of Ethernet frames.
 */
export const readPcap = (file: Buffer): PcapFile => {
  const format = formatOf(file);
  const frames: Frame[] = [];
  let offset = FILE_HEADER;
  while (offset + RECORD_HEADER <= file.length) {
    const captured = format.read32(offset + 8);
    const start = offset + RECORD_HEADER;
    if (captured > MAX_CAPTURED || start + captured > file.length) break;
    frames.push({
      time: format.read32(offset) + format.read32(offset + 4) / format.ticks,
      bytes: file.subarray(start, start + captured),
      length: format.read32(offset + 12),
    });
    offset = start + captured;
  }
  return { frames, truncated: offset < file.length };
};

interface Format {
  /** Fractions of a second that a time stamp counts in. */
  ticks: number;
  read32(offset: number): number;
}

const formatOf = (file: Buffer): Format => {
  const little = (offset: number) => file.readUInt32LE(offset);
  const big = (offset: number) => file.readUInt32BE(offset);
  if (file.length < FILE_HEADER) throw notReadable(`${file.length} bytes are fewer than the header of a pcap file`);
  const format = [
    { magic: 0xa1b2c3d4, ticks: 1e6 },
    { magic: 0xa1b23c4d, ticks: 1e9 },
  ].flatMap(({ magic, ticks }) =>
    [little, big].flatMap((read32) => (read32(0) === magic ? [{ ticks, read32 }] : [])),
  )[0];
  if (!format) throw notReadable(`it begins with ${file.toString('hex', 0, 4)}, which is not how a pcap file begins`);
  // The upper half of the field holds the length of the frame check sequence, where there is one.
  const linktype = format.read32(20) & 0xffff;
  if (linktype !== LINKTYPE_ETHERNET) throw notReadable(`its link type is ${linktype}, and only Ethernet (1) is known`);
  return format;
};

const notReadable = (happened: string) => new LabError({ tried: 'read a packet capture', happened });

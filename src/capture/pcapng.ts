import type { Frame } from './pcap.ts';

/** The frames of one interface. */
export interface InterfaceFrames {
  /** What programs like Wireshark show as the name of the interface. */
  readonly name: string;
  readonly frames: readonly Frame[];
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const OPTION_NAME = 2;
/** Of time stamps, where an interface has no option that says otherwise. */
const TICKS_A_SECOND = 1e6;

/** A pcapng file (draft-ietf-opsawg-pcapng) of Ethernet frames from several interfaces, in order of time. */
export const writePcapng = (interfaces: readonly InterfaceFrames[]): Buffer =>
  Buffer.concat([
    block(SECTION_HEADER, u32(BYTE_ORDER_MAGIC), u16(1), u16(0), u32(0xffff_ffff), u32(0xffff_ffff)),
    ...interfaces.map(({ name }) =>
      block(INTERFACE_DESCRIPTION, u16(LINKTYPE_ETHERNET), u16(0), u32(0), option(OPTION_NAME, Buffer.from(name)), END),
    ),
    ...interfaces
      .flatMap(({ frames }, index) => frames.map((frame) => ({ index, frame })))
      .sort((one, other) => one.frame.time - other.frame.time)
      .map(({ index, frame }) => packetBlock(index, frame)),
  ]);

const packetBlock = (index: number, { time, bytes, length }: Frame): Buffer => {
  const ticks = BigInt(Math.round(time * TICKS_A_SECOND));
  const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)];
  return block(ENHANCED_PACKET, u32(index), u32(high), u32(low), u32(bytes.length), u32(length), padded(bytes));
};

/** Type, length, body, and the length once more. */
const block = (type: number, ...body: Buffer[]): Buffer => {
  const length = u32(12 + body.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([u32(type), length, ...body, length]);
};

const option = (code: number, value: Buffer): Buffer => Buffer.concat([u16(code), u16(value.length), padded(value)]);

/** Ends the options of a block. */
const END = Buffer.alloc(4);

/** To a multiple of four bytes. */
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

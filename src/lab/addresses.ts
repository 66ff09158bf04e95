import ipaddr from 'ipaddr.js';

/**
 * An address as a 128-bit number, so that addresses compare and prefixes overlap by arithmetic. An IPv4 address has the
 * place in IPv6's that RFC 4291, section 2.5.5.2, maps it to (`::ffff:192.168.1.1`), where no machine has an IPv6 address.
 */
export type Address = bigint;

export type AddressFamily = 'IPv4' | 'IPv6';

export interface Prefix {
  readonly network: Address;
  /** Of the 128 bits: 96 more than is written of an IPv4 prefix. */
  readonly length: number;
}

const BITS = 128;
const MAPPED_BITS = 96;
const MAPPED = 0xffff00000000n;

/** The address that `text` writes in four decimal parts or as IPv6, or nothing when it writes none. */
export const parseAddress = (text: string): Address | undefined => {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return MAPPED + numberOf(ipaddr.IPv4.parse(text).toByteArray());
  // No zone (`%eth1`), and no IPv4 part, which would be a second way to write the same.
  if (!/^[\da-f:]+$/i.test(text) || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = numberOf(ipaddr.IPv6.parse(text).toByteArray());
  return address >> 32n === MAPPED >> 32n ? undefined : address;
};

const numberOf = (bytes: readonly number[]): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

/** The family of the address, or of the prefix that begins with it. */
export const familyOf = (address: Address): AddressFamily => (address >> 32n === MAPPED >> 32n ? 'IPv4' : 'IPv6');

/** The family of an address that is known to be one. */
export const familyOfText = (address: string): AddressFamily => (address.includes(':') ? 'IPv6' : 'IPv4');

/** `192.168.1.1`, or `fd00::1` as RFC 5952 has it. */
export const formatAddress = (address: Address): string => {
  const bytes = Array.from({ length: 16 }, (_, index) => Number((address >> BigInt(8 * (15 - index))) & 255n));
  return familyOf(address) === 'IPv4' ? bytes.slice(12).join('.') : new ipaddr.IPv6(bytes).toRFC5952String();
};

const sizeOf = (length: number): bigint => 1n << BigInt(BITS - length);

/** The first address of the network of that length which holds `address`. */
const networkOf = (address: Address, length: number): Address => address - (address % sizeOf(length));

/** The prefix that `text` writes as `network/length`, or nothing when it writes none or has bits beyond its length. */
export const parsePrefix = (text: string): Prefix | undefined => {
  const [, address, digits] = /^([\da-f.:]+)\/(\d|[1-9]\d|1[01]\d|12[0-8])$/i.exec(text) ?? [];
  const network = address === undefined ? undefined : parseAddress(address);
  if (network === undefined) return undefined;
  const length = Number(digits) + (familyOf(network) === 'IPv4' ? MAPPED_BITS : 0);
  return length > BITS || network !== networkOf(network, length) ? undefined : { network, length };
};

/** The length of a prefix as it is written, of the 32 or 128 bits of its family. */
export const lengthOf = ({ network, length }: Prefix): number =>
  familyOf(network) === 'IPv4' ? length - MAPPED_BITS : length;

export const formatPrefix = (prefix: Prefix): string => `${formatAddress(prefix.network)}/${lengthOf(prefix)}`;

/** The last address, which is the broadcast address of IPv4. */
export const lastOf = ({ network, length }: Prefix): Address => network + sizeOf(length) - 1n;

export const contains = (prefix: Prefix, address: Address): boolean =>
  address >= prefix.network && address <= lastOf(prefix);

export const overlap = (one: Prefix, other: Prefix): boolean =>
  one.network <= lastOf(other) && other.network <= lastOf(one);

/** The prefix that holds this address alone: `192.168.1.1/32`, `fd00::1/128`. */
export const hostPrefixOf = (address: string): string => `${address}/${familyOfText(address) === 'IPv6' ? 128 : 32}`;

/** An address and a port as a URL and ipvsadm have them: `192.168.1.1:80`, `[fd00::1]:80`. */
export const endpointOf = (address: string, port: number): string =>
  familyOfText(address) === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;

/** Why `text` is no address, as a clause. */
export const whyNotAddress = (text: string): string => {
  if (/^[\d.]+\/\d+$/.test(text) || /^[\da-f:]+\/\d+$/i.test(text))
    return 'has a prefix length, which belongs to the segment only';
  if (text.includes('%')) return 'has a zone, which only link-local addresses have';
  if (ipaddr.IPv6.isValid(text)) return 'writes an IPv4 address as IPv6';
  if (text.includes(':')) return 'is not an IPv6 address';
  const parts = text.split('.');
  if (!parts.every((part) => /^\d+$/.test(part))) return 'is not an IP address';
  if (parts.length !== 4)
    return `has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'} where an IPv4 address has 4`;
  const long = parts.find((part) => Number(part) > 255);
  if (long !== undefined) return `is not an IPv4 address: ${long} is over 255`;
  return 'has a part with a leading zero, which some programs read as octal';
};

/**
 * Least and greatest lengths of the prefix of a segment: at the longest two machines find room, and the bounds below are
 * those of real networks.
 */
const LENGTHS: Readonly<Record<AddressFamily, readonly [least: number, greatest: number]>> = {
  IPv4: [8, 30],
  IPv6: [16, 126],
};

/** Whether a segment can have the prefix, as far as its length goes. */
export const hasRoom = (prefix: Prefix): boolean => {
  const [least, greatest] = LENGTHS[familyOf(prefix.network)];
  return lengthOf(prefix) >= least && lengthOf(prefix) <= greatest;
};

/** Why `text` is no prefix of a segment, as a clause. */
export const whyNotPrefix = (text: string): string => {
  const [address = '', length, ...more] = text.split('/');
  if (length === undefined) return 'has no prefix length';
  const network = parseAddress(address);
  if (network === undefined) return whyNotAddress(address).replace('address', 'prefix');
  const [least, greatest] = LENGTHS[familyOf(network)];
  if (more.length > 0 || !/^(\d|[1-9]\d{1,2})$/.test(length) || Number(length) < least || Number(length) > greatest)
    return `has no prefix length from ${least} to ${greatest} after the slash`;
  return `is not the start of its network, which is ${prefixLike(text)}`;
};

/** The prefix of the network that holds the address before the slash, where a segment can have it. */
export const prefixLike = (text: string): string | undefined => {
  const [address = '', digits] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined || !/^\d{1,3}$/.test(digits ?? '')) return undefined;
  const length = Number(digits) + (familyOf(parsed) === 'IPv4' ? MAPPED_BITS : 0);
  if (length > BITS) return undefined;
  const prefix = parsePrefix(formatPrefix({ network: networkOf(parsed, length), length }));
  return prefix && hasRoom(prefix) ? formatPrefix(prefix) : undefined;
};

import ipaddr from 'ipaddr.js';

/** An IPv4 address as an unsigned 32-bit number, so that addresses compare and prefixes overlap by arithmetic. */
export type Address = number;

export interface Prefix {
  readonly network: Address;
  readonly length: number;
}

/** The address that `text` writes in four decimal parts, or nothing when it writes none. */
export const parseAddress = (text: string): Address | undefined => {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.IPv4.parse(text)
    .toByteArray()
    .reduce((sum, byte) => sum * 256 + byte, 0);
};

/** `192.168.1.1` for 0xc0a80101. */
export const formatAddress = (address: Address): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

const sizeOf = (length: number): number => 2 ** (32 - length);

/** The first address of the network of that length which holds `address`. */
const networkOf = (address: Address, length: number): Address => address - (address % sizeOf(length));

/** The prefix that `text` writes as `network/length`, or nothing when it writes none or has bits beyond its length. */
export const parsePrefix = (text: string): Prefix | undefined => {
  const [, address, digits] = /^([\d.]+)\/(\d|[12]\d|3[0-2])$/.exec(text) ?? [];
  const network = address === undefined ? undefined : parseAddress(address);
  const length = Number(digits);
  return network === undefined || network !== networkOf(network, length) ? undefined : { network, length };
};

export const formatPrefix = ({ network, length }: Prefix): string => `${formatAddress(network)}/${length}`;

/** The broadcast address. */
export const lastOf = ({ network, length }: Prefix): Address => network + sizeOf(length) - 1;

export const contains = (prefix: Prefix, address: Address): boolean =>
  address >= prefix.network && address <= lastOf(prefix);

export const overlap = (one: Prefix, other: Prefix): boolean =>
  one.network <= lastOf(other) && other.network <= lastOf(one);

/** Why `text` is no IPv4 address, as a clause. */
export const whyNotAddress = (text: string): string => {
  if (ipaddr.IPv6.isValid(text)) return 'is an IPv6 address; IPv6 is not supported yet';
  if (/^[\d.]+\/\d+$/.test(text)) return 'has a prefix length, which belongs to the segment only';
  const parts = text.split('.');
  if (!parts.every((part) => /^\d+$/.test(part))) return 'is not an IPv4 address';
  if (parts.length !== 4)
    return `has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'} where an IPv4 address has 4`;
  const long = parts.find((part) => Number(part) > 255);
  if (long !== undefined) return `is not an IPv4 address: ${long} is over 255`;
  return 'has a part with a leading zero, which some programs read as octal';
};

/** Why `text` is no prefix of a segment, as a clause. */
export const whyNotPrefix = (text: string): string => {
  const [address = '', length, ...more] = text.split('/');
  if (ipaddr.IPv6.isValid(address)) return 'is an IPv6 prefix; IPv6 is not supported yet';
  if (length === undefined) return 'has no prefix length';
  const network = parseAddress(address);
  if (network === undefined) return whyNotAddress(address).replace('address', 'prefix');
  if (more.length > 0 || !/^(\d|[1-9]\d)$/.test(length) || Number(length) < 8 || Number(length) > 30)
    return 'has no prefix length from 8 to 30 after the slash';
  return `is not the start of its network, which is ${prefixLike(text)}`;
};

/** The prefix of the network that holds the address before the slash. */
export const prefixLike = (text: string): string | undefined => {
  const [address = '', length] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === undefined || !/^\d{1,2}$/.test(length ?? '')) return undefined;
  const prefix = parsePrefix(formatPrefix({ network: networkOf(parsed, Number(length)), length: Number(length) }));
  return prefix && formatPrefix(prefix);
};
